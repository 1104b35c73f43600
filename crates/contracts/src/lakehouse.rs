//! The lakehouse, as the rest of the product hears of it.

use kernel::RunId;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// Every asset is done.
    Succeeded,
    /// An asset or a rule of severity `error` failed.
    Failed,
    /// Somebody asked to stop.
    Cancelled,
    /// Its process was gone before it ended.
    Interrupted,
}

/// Facts of runs. Each is self-contained: a consumer never reads the stream behind it. None holds a row of a table.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LakehouseFact {
    /// A run began.
    RunStarted {
        /// The run.
        run: RunId,
        /// Name of the project.
        project: String,
        /// Assets that it may write, as `layer.name`.
        assets: Vec<String>,
    },
    /// A table has a new version. Said once for each version that was the last one when a run ended, also for those that a
    /// run committed whose process was then gone.
    AssetMaterialised {
        /// The run that says so.
        run: RunId,
        /// Name of the project.
        project: String,
        /// `layer.name`.
        asset: String,
        /// Delta version.
        version: u64,
        /// Rows added or replaced by this run.
        rows_written: u64,
        /// Rows in the table now.
        rows_total: u64,
    },
    /// A rule does not hold.
    ExpectationFailed {
        /// The run that looked.
        run: RunId,
        /// Name of the project.
        project: String,
        /// `layer.name`.
        asset: String,
        /// Id of the rule, unique in the asset.
        expectation: String,
        /// `warn`, `error` or `quarantine`.
        severity: String,
        /// Rows looked at.
        rows: u64,
        /// Rows that break it.
        unexpected: u64,
    },
    /// A run ended.
    RunFinished {
        /// The run.
        run: RunId,
        /// Name of the project.
        project: String,
        /// How.
        outcome: RunOutcome,
        /// Wall time.
        duration_ms: u64,
    },
}
