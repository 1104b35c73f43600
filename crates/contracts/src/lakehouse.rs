//! The lakehouse, as the rest of the product hears of it.

use futures::future::BoxFuture;
use kernel::{Cancel, RunId, WorkspaceId};

use crate::Refused;

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

/// The rows of an asset as columns of texts.
pub trait AssetTexts: Send + Sync {
    /// Names of the columns.
    fn names(&self) -> &[String];

    /// The texts of a column by its place, row by row, empty where there is none.
    fn texts<'a>(&'a self, column: usize) -> Box<dyn Iterator<Item = &'a str> + Send + 'a>;
}

/// Reads the assets of the project that a workspace has.
pub trait ReadAssets: Send + Sync + std::fmt::Debug {
    /// All rows of an asset, `layer.name`, as they stand; at most so many. Whether who asks may read them is checked by the caller.
    ///
    /// # Errors
    /// The lakehouse's: no project in this workspace, no such asset, no rows yet, too many rows, or somebody asked to stop.
    fn read<'a>(
        &'a self,
        workspace: WorkspaceId,
        asset: &'a str,
        limits: (u64, &'a Cancel),
    ) -> BoxFuture<'a, Result<Box<dyn AssetTexts>, Refused>>;
}
