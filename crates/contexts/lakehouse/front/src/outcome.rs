//! What a run did, as the command line, the report and the history see it.

use kernel::{RunId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An error as data: what, where, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fault {
    /// Stable code with a page under `docs/errors/`.
    pub code: String,
    /// `invalid`, `conflict`, `unavailable`, … : the kernel's kinds.
    pub kind: kernel::ErrorKind,
    /// What was tried.
    pub message: String,
    /// Where: `file:row` or `model:line`.
    pub place: Option<String>,
    /// Why.
    pub why: Option<String>,
    /// What to do.
    pub remedy: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Begun and not ended.
    Running,
    /// Every asset is done; rows may have been set aside.
    Succeeded,
    /// An asset or a rule of severity `error` failed.
    Failed,
    /// Somebody asked to stop; what was committed stays.
    Cancelled,
    /// Its process was gone before it ended; what was committed stays.
    Interrupted,
}

impl RunState {
    /// As it is stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What became of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Its rows are in bronze.
    Loaded,
    /// The same bytes were loaded before; nothing was added.
    AlreadyLoaded,
    /// Nothing of it was written.
    Failed,
    /// Not reached.
    Skipped,
}

/// One file of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileResult {
    /// As given.
    pub path: String,
    /// The source it went to.
    pub source: String,
    /// The bronze table.
    pub table: String,
    /// What became of it.
    pub state: FileState,
    /// Batch in bronze; the same for the same bytes.
    pub batch_id: String,
    /// SHA-256 of the uncompressed bytes, hex.
    pub sha256: String,
    /// Records, malformed ones included.
    pub rows: u64,
    /// Records kept as raw lines only.
    pub malformed: u64,
    /// Uncompressed size.
    pub size_bytes: u64,
    /// Wall time.
    pub duration_ms: u64,
}

/// What became of one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssetState {
    /// Committed, and its rules hold or only warn.
    Succeeded,
    /// Nothing new above it; left as it is.
    Unchanged,
    /// It failed, or a rule of severity `error` did.
    Failed,
    /// Something above it failed.
    Skipped,
    /// The run was cancelled before it committed.
    Cancelled,
}

/// One asset of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AssetResult {
    /// `layer.name`.
    pub asset: String,
    /// `source`, `table`, `incremental`, `view`.
    pub kind: String,
    /// What became of it.
    pub state: AssetState,
    /// Rows that its statement gave.
    pub rows_in: u64,
    /// Rows added or replaced by this run.
    pub rows_written: u64,
    /// Rows in the table now.
    pub rows_total: u64,
    /// Rows set aside by this run.
    pub rejected: u64,
    /// Rows dropped as duplicates by this run.
    pub duplicates: u64,
    /// Commits made by this run.
    pub commits: u64,
    /// Delta version now; `None` for a view.
    pub version: Option<u64>,
    /// Size of the table's live files.
    pub size_bytes: u64,
    /// Wall time.
    pub duration_ms: u64,
    /// Rules that hold, warn, fail.
    pub checks: CheckCounts,
    /// Why it failed.
    pub fault: Option<Fault>,
}

/// Rules of an asset by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct CheckCounts {
    /// Hold.
    pub passed: u64,
    /// Do not hold, severity `warn`, or set rows aside.
    pub warned: u64,
    /// Do not hold, severity `error`.
    pub failed: u64,
}

/// `bronze = silver + rejected + duplicates`, over everything loaded so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reconciliation {
    /// The table read.
    pub from: String,
    /// The model.
    pub to: String,
    /// Its rejects table.
    pub rejects: String,
    /// Rows read.
    pub rows: u64,
    /// Rows kept.
    pub kept: u64,
    /// Rows set aside.
    pub rejected: u64,
    /// Rows dropped as duplicates.
    pub duplicates: u64,
    /// Whether the sum is right.
    pub holds: bool,
    /// Rows set aside by reason, most first.
    pub reasons: Vec<(String, u64)>,
}

/// One rule on one asset, checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// `layer.name`.
    pub asset: String,
    /// Id of the rule, unique in the asset.
    pub expectation: String,
    /// `not_null`, `unique`, …
    pub kind: String,
    /// Columns that it speaks of.
    pub columns: Vec<String>,
    /// `warn`, `error`, `quarantine`.
    pub severity: String,
    /// Share that suffices.
    pub mostly: Option<f64>,
    /// Whether it holds.
    pub success: bool,
    /// Rows looked at.
    pub rows: u64,
    /// Rows that break it.
    pub unexpected: u64,
    /// What was seen, for rules on a whole table (`sum = 9737069.014`).
    pub observed: Option<String>,
    /// Some rows that break it, as JSON objects; none in a history, which holds no rows.
    pub samples: Vec<serde_json::Value>,
    /// DAMA dimension: completeness, uniqueness, validity, consistency, timeliness, accuracy.
    pub dimension: String,
    /// For people.
    pub description: Option<String>,
}

/// Everything about one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Its id.
    pub run_id: RunId,
    /// Name of the project.
    pub project: String,
    /// How it ended.
    pub state: RunState,
    /// When it began.
    pub started_at: Timestamp,
    /// Wall time.
    pub duration_ms: u64,
    /// Its files, in the order loaded.
    pub files: Vec<FileResult>,
    /// Its assets, in the order of the plan.
    pub assets: Vec<AssetResult>,
    /// Row balance of each model with a rejects table.
    pub reconciliations: Vec<Reconciliation>,
    /// Its rules.
    pub checks: Vec<CheckResult>,
    /// The HTML report, relative to the project.
    pub report: Option<String>,
    /// The OpenLineage events, relative to the project.
    pub lineage: Option<String>,
}
