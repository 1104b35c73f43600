//! `report`: one run in charts, as a page that loads nothing from elsewhere.
//!
//! The page holds the figures as one JSON document and draws them with one library; every chart has its table. The records
//! of some pairs are shown in full, unless that is not wanted.

mod examples;
mod gather;
mod page;

use std::path::Path;

use resolution_engine::measure::{Measured, Quality};
use serde::Serialize;

use crate::{
    ResolutionError, Truth, blocking::BlockingReport, dedupe::DedupeRequest, output::write_whole, parts::Part,
    watch::Watch,
};

/// What is asked.
#[derive(Debug, Clone)]
pub struct ReportRequest {
    /// The file and how it is resolved.
    pub run: DedupeRequest,
    /// The truth, where it is known.
    pub truth: Option<Truth>,
    /// Whether some pairs are shown with what their records hold.
    pub examples: bool,
}

/// One run in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of the program.
    pub program: String,
    /// Name of the file, without folders.
    pub file: String,
    /// The model, as it was named.
    pub model: String,
    /// Records.
    pub records: u64,
    /// Lines that could not be split into columns.
    pub malformed: u64,
    /// Clusters, those of one record counted.
    pub clusters: u64,
    /// Clusters of more than one record.
    pub duplicated: u64,
    /// Records of the largest cluster.
    pub largest: u64,
    /// Pairs that were compared.
    pub compared: u64,
    /// Pairs that there are.
    pub all_pairs: u64,
    /// Share of the pairs inside clusters that no blocking rule gave.
    pub missed: f64,
    /// How good the clusters are.
    pub quality: QualityNow,
    /// Average weight in bits down to which groups were merged.
    pub threshold: f32,
    /// Whether it was chosen from the data.
    pub threshold_chosen: bool,
    /// The weight in bits that some pair of every group has: from here on it is a link.
    pub link: f32,
    /// How likely two records drawn at random match.
    pub prior: Prior,
    /// What each agreement is worth.
    pub comparisons: Vec<ComparisonFigures>,
    /// Match weights of the pairs compared, rarity of texts not counted.
    pub weights: Vec<Bin>,
    /// What other thresholds would give.
    pub thresholds: Vec<ThresholdFigures>,
    /// Records that could not be linked, by the weight asked for.
    pub unlinkable: Vec<Unlinkable>,
    /// Blocking rules.
    pub blocking: BlockingReport,
    /// The most frequent patterns among pairs that are not out of the question.
    pub patterns: Vec<PatternFigures>,
    /// Clusters by size.
    pub sizes: Vec<Size>,
    /// Pairs, explained.
    pub pairs: Vec<Example>,
}

/// How good the clusters of a run are: beside the truth where it was given, or else as the posteriors promise it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct QualityNow {
    /// Share of the pairs put together that are right, 0 to 1; `None` where none was put together.
    pub precision: Option<f64>,
    /// Share of the right pairs that were put together, 0 to 1; `None` where none was and nobody knows the truth.
    pub recall: Option<f64>,
    /// Whether the truth was given.
    pub measured: bool,
}

impl QualityNow {
    /// Of the figures of the threshold in use, or of the one next to it, and of how many clusters hold more than one record.
    fn of(tried: &ThresholdFigures, duplicated: u64) -> Self {
        let is_grouped = duplicated > 0;
        let Quality { precision, recall, .. } = tried.measured.map_or(tried.expected, |measured| measured.pairwise);
        let measured = tried.measured.is_some();
        Self {
            precision: is_grouped.then_some(precision),
            recall: (is_grouped || measured).then_some(recall),
            measured,
        }
    }
}

/// A probability and its log-odds in bits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Prior {
    /// 0 to 1.
    pub probability: f64,
    /// Log-odds.
    pub bits: f64,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonFigures {
    /// The column.
    pub column: String,
    /// What it holds.
    pub kind: crate::standard::Kind,
    /// Share of the records that have it.
    pub filled: f64,
    /// Different texts.
    pub distinct: u64,
    /// Columns whose agreement makes agreement here likely by itself.
    pub given: Vec<String>,
    /// Compared pairs for which it says nothing.
    pub missing_pairs: u64,
    /// From the strongest agreement down.
    pub levels: Vec<LevelFigures>,
}

/// One level of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelFigures {
    /// In words.
    pub agreement: String,
    /// Probability among pairs that match.
    pub m: f64,
    /// Probability among pairs that do not.
    pub u: f64,
    /// log2(m/u), in bits.
    pub weight: f64,
    /// Compared pairs on this level.
    pub pairs: u64,
}

/// Pairs whose weight lies between two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Bits, included.
    pub from: f64,
    /// Bits, not included.
    pub to: f64,
    /// Pairs.
    pub pairs: u64,
    /// Of them in one cluster.
    pub inside: u64,
}

/// What a threshold gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ThresholdFigures {
    /// Bits.
    pub threshold: f32,
    /// Clusters.
    pub clusters: u64,
    /// Of them those of more than one record.
    pub duplicated: u64,
    /// The quality that the posteriors promise.
    pub expected: Quality,
    /// The quality beside the truth.
    pub measured: Option<Measured>,
}

/// How many records could not be linked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Unlinkable {
    /// A match weight in bits.
    pub weight: f64,
    /// Its probability.
    pub probability: f64,
    /// Share of the records that weigh less even against a copy of themselves.
    pub share: f64,
}

/// A pattern of levels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatternFigures {
    /// A level a comparison, in words.
    pub levels: Vec<String>,
    /// Match weight in bits, rarity of texts not counted.
    pub weight: f64,
    /// Pairs with it.
    pub pairs: u64,
    /// Of them in one cluster.
    pub inside: u64,
}

/// Clusters of one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Size {
    /// Records.
    pub size: u64,
    /// Clusters.
    pub clusters: u64,
}

/// A pair, explained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    /// Why it is shown.
    pub why: &'static str,
    /// Ids.
    pub a: String,
    /// Ids.
    pub b: String,
    /// Where the sum starts, in bits.
    pub prior: f32,
    /// The sum in bits.
    pub weight: f32,
    /// Probability of a match, of this pair alone.
    pub probability: f64,
    /// Whether both are in one cluster.
    pub same_cluster: bool,
    /// What each comparison adds.
    pub parts: Vec<Part>,
}

/// Resolves a file and gathers what happened.
///
/// # Errors
/// As [`crate::dedupe`] and [`crate::evaluate`].
pub fn report(request: &ReportRequest, watch: &Watch<'_>) -> Result<Report, ResolutionError> {
    gather::gather(request, watch)
}

impl Report {
    /// The page.
    #[must_use]
    pub fn page(&self) -> String {
        page::page(self)
    }

    /// Writes the page.
    ///
    /// # Errors
    /// Where the file cannot be written; then there is none.
    pub fn write(&self, path: &Path) -> Result<(), ResolutionError> {
        write_whole(path, |out| out.write_all(self.page().as_bytes()))
    }
}
