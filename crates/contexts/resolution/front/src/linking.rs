//! `link`: which records of two files are the same thing.

use std::path::Path;

use resolution_engine::{score::Edge, train::probability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Records, ResolutionError,
    inputs::{Input, Inputs},
    link::{Partners, link},
    output::{field, write_whole},
    watch::Watch,
};

/// What is asked.
#[derive(Debug, Clone)]
pub struct LinkRequest {
    /// The first file.
    pub left: Input,
    /// The second file.
    pub right: Input,
    /// `auto`, a shipped model, or the path of a document.
    pub model: String,
    /// Columns that are not evidence, beside the ids.
    pub ignore: Vec<String>,
    /// Whether a record may have several partners.
    pub partners: Partners,
}

/// An accepted link.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Id of the record of the first file.
    pub a: String,
    /// Id of the record of the second file.
    pub b: String,
    /// Match weight in bits.
    pub weight: f32,
    /// Probability of a match.
    pub probability: f64,
}

/// Links and counts.
#[derive(Debug)]
pub struct Linked {
    /// Accepted links, the most certain first.
    pub links: Vec<Link>,
    /// Counts.
    pub summary: LinkSummary,
}

/// Counts of a run.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct LinkSummary {
    /// Records of the first file.
    pub left: u64,
    /// Records of the second file.
    pub right: u64,
    /// Lines that could not be split into columns and have no link.
    pub malformed: u64,
    /// Accepted links.
    pub links: u64,
    /// Pairs that were weighed.
    pub weighed: u64,
    /// Columns that were compared, by the name in the first file.
    pub columns: Vec<String>,
}

/// Links the records of two files.
///
/// # Errors
/// Where a file cannot be read or used, or somebody asked to stop. Nothing is written.
pub fn link_files(request: &LinkRequest, watch: &Watch<'_>) -> Result<Linked, ResolutionError> {
    let inputs = Inputs::read(&[request.left.clone(), request.right.clone()], &request.ignore, watch)?;
    let records = Records::of(&inputs.model(&request.model)?, &inputs.tables)?;
    let found = link(&records, request.partners, watch)?;
    let id = |place: u32| inputs.id(records.order[place as usize]).to_owned();
    let named = |edge: &Edge| Link {
        a: id(edge.a),
        b: id(edge.b),
        weight: edge.weight,
        probability: probability(f64::from(edge.weight)),
    };
    let links: Vec<Link> = found.accepted().iter().map(named).collect();
    let summary = LinkSummary {
        left: inputs.tables[0].rows() as u64,
        right: inputs.tables[1].rows() as u64,
        malformed: inputs.malformed(),
        links: links.len() as u64,
        weighed: found.compared,
        columns: records.names.clone(),
    };
    Ok(Linked { links, summary })
}

impl Linked {
    /// Writes `id_a,id_b,weight,probability`, a line a link.
    ///
    /// # Errors
    /// Where the file cannot be written; then there is none.
    pub fn write(&self, path: &Path) -> Result<(), ResolutionError> {
        write_whole(path, |out| {
            writeln!(out, "id_a,id_b,weight,probability")?;
            self.links.iter().try_for_each(|link| {
                writeln!(out, "{},{},{:.4},{:.6}", field(&link.a), field(&link.b), link.weight, link.probability)
            })
        })
    }
}
