//! The demo's people and companies: which records are the same, and how often that is right.

use std::path::Path;

use resolution::{DedupeRequest, Evaluation, Input, Truth, evaluate};

use crate::{
    cli::resolve::{percent, watched},
    failure::Failure,
    figures::{count, plural},
    session::Session,
};

/// What is resolved: the file, its truth, and what its records are of.
const SETS: [(&str, &str, &str); 2] =
    [("people.csv", "people_truth.csv", "people"), ("companies.csv", "companies_truth.csv", "companies")];
const ID: &str = "record_id";

/// Resolves what was generated and tells how it compares with the truth.
pub(super) fn tell(session: &mut Session, data: &Path) -> Result<(), Failure> {
    for (at, (file, truth, what)) in SETS.into_iter().enumerate() {
        let request = DedupeRequest {
            input: Input { path: data.join(file), id: ID.to_owned() },
            model: "auto".to_owned(),
            ignore: Vec::new(),
            previous: None,
        };
        let truth = Truth::File(data.join(truth));
        let found = watched(session, &|_| {}, |watch| evaluate(&request, &truth, watch))?;
        super::say_step(session, if at == 0 { "4  resolve" } else { "" }, &text(&found, file, what))?;
    }
    Ok(())
}

fn text(found: &Evaluation, file: &str, what: &str) -> String {
    let quality = found.default.measured.pairwise;
    format!(
        "{file}: {} are {} {what}; pairwise precision {}, recall {}",
        plural(found.records, "record"),
        count(found.clusters),
        percent(quality.precision),
        percent(quality.recall),
    )
}
