//! Model documents: what is compared, how, which pairs are looked at, and what every agreement is worth.
//!
//! A document may leave out everything that can be learnt: keys of blocking rules and probabilities. What a run learns can be
//! kept as a document with all of it, which then gives the same weight to the same agreements for ever; only how rare a text is
//! is counted in the file at hand.

mod check;
mod compile;
mod difference;
mod shipped;

use std::path::Path;

use resolution_engine::{block::Key, compare::Test};
use serde::{Deserialize, Serialize};

use crate::{
    ResolutionError,
    output::write_whole,
    standard::{DateOrder, Kind},
};
pub use compile::{Compiled, compile, write_back};
pub use difference::{Change, LevelChange, ModelDifference, diff_models};
pub use shipped::{SHIPPED, shipped};

/// Version of the document's form.
pub const VERSION: u32 = 1;

/// A model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Form of the document; 1.
    pub version: u32,
    /// A name for people.
    pub name: String,
    /// What is read of a file.
    pub columns: Vec<ModelColumn>,
    /// How columns are compared.
    pub comparisons: Vec<Comparison>,
    /// Which pairs are looked at; empty: chosen from the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocking: Vec<BlockingRule>,
    /// Probability that two records drawn at random match; none: estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<f64>,
    /// Up to so many pairs all are compared, whatever the blocking rules.
    #[serde(default = "default_compare_all")]
    pub compare_all: u64,
    /// Groups are merged while the average match weight of their pairs, in bits, is at least this; none: chosen from the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// How the probabilities came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained: Option<Training>,
}

/// Pairs that are compared in less time than blocking rules are worth.
pub fn default_compare_all() -> u64 {
    2_000_000
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelColumn {
    /// Its name in this document.
    pub name: String,
    /// Headers under which it is found; the first that the file has.
    pub headers: Vec<String>,
    /// Headers in the second file of a link, where they differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_headers: Vec<String>,
    /// What it holds, which decides the standard form of its texts.
    pub kind: Kind,
    /// How dates are written; none: seen from the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrder>,
    /// Columns whose words are taken out of this one: only what it adds to them is compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beyond: Vec<String>,
}

/// How a column is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Which column.
    pub column: String,
    /// The column with which it may have been swapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swaps_with: Option<String>,
    /// Columns whose agreement makes agreement here likely by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<String>,
    /// How far the rarity of an agreed text counts, 0 to 1.
    #[serde(default)]
    pub rarity: f32,
    /// From the strongest agreement down; the first that holds counts.
    pub levels: Vec<Level>,
    /// Probabilities where no level holds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub otherwise: Odds,
}

/// A rung of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// What must hold.
    pub test: Test,
    /// How probable it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub odds: Odds,
}

/// Probabilities of a level; absent until estimated.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Odds {
    /// Among pairs that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub m: Option<f64>,
    /// Among pairs that do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub u: Option<f64>,
    /// Among pairs that do not match though one, two, … of the columns in `given` agree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub u_given: Vec<f64>,
}

/// Records that share all keys are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockingRule {
    /// The keys.
    pub keys: Vec<BlockingKey>,
    /// Blocks with more records are left to the other rules.
    #[serde(default = "default_largest_block")]
    pub largest_block: usize,
}

fn default_largest_block() -> usize {
    crate::auto::LARGEST_BLOCK
}

/// A key of a blocking rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockingKey {
    /// Of which column.
    pub column: String,
    /// What of it.
    pub key: Key,
}

/// Where probabilities come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Names of the files, without folders.
    pub files: Vec<String>,
    /// Records in them.
    pub records: u64,
    /// Pairs that were compared.
    pub pairs: u64,
    /// Share of the pairs inside groups that no blocking rule gave: at least so much blocking misses.
    pub missed: f64,
    /// Version of the program.
    pub program: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Model {
    /// Whether all probabilities are known, so that nothing is estimated.
    #[must_use]
    pub fn is_trained(&self) -> bool {
        let known = |odds: &Odds| odds.m.is_some() && odds.u.is_some();
        let all = |comparison: &Comparison| {
            comparison.levels.iter().all(|level| known(&level.odds)) && known(&comparison.otherwise)
        };
        self.prior.is_some() && self.comparisons.iter().all(all)
    }

    /// A model of these columns that leaves everything else to be learnt.
    pub(crate) fn untrained(name: &str, columns: Vec<ModelColumn>) -> Self {
        Self {
            version: VERSION,
            name: name.to_owned(),
            comparisons: crate::auto::comparisons(&columns),
            columns,
            blocking: Vec::new(),
            prior: None,
            compare_all: default_compare_all(),
            threshold: None,
            trained: None,
        }
    }

    /// Reads a document.
    ///
    /// # Errors
    /// Where it cannot be read or breaks a rule.
    pub fn read(path: &Path) -> Result<Self, ResolutionError> {
        let bad = |why: String| ResolutionError::BadModel { file: path.to_owned(), why };
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        let model: Self = serde_saphyr::from_str(&text).map_err(|error| bad(error.to_string()))?;
        let mistakes = model.mistakes();
        if mistakes.is_empty() { Ok(model) } else { Err(bad(mistakes.join("; "))) }
    }

    /// The document.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        serde_saphyr::to_string(self).unwrap_or_default()
    }

    /// Writes the document.
    ///
    /// # Errors
    /// Where the file cannot be written; then there is none.
    pub fn write(&self, path: &Path) -> Result<(), ResolutionError> {
        write_whole(path, |out| out.write_all(self.to_yaml().as_bytes()))
    }
}
