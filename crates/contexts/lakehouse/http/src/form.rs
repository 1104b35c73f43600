//! Runs in the API's form.

use kernel::RunId;
use schemars::JsonSchema;
use serde::Serialize;

use lakehouse::{AssetResult, CheckResult, FileResult, Reconciliation, RunState, RunSummary};

/// A run as the API shows it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Run")]
pub(crate) struct RunForm {
    /// Its id.
    id: RunId,
    /// How it stands or ended.
    state: RunState,
    /// When it began, RFC 3339.
    started_at: String,
    /// Wall time; 0 while it runs.
    duration_ms: u64,
    /// Its files, in the order loaded.
    files: Vec<FileResult>,
    /// Its assets, in the order of the plan.
    assets: Vec<AssetResult>,
    /// Row balance of each model with a rejects table.
    reconciliations: Vec<Reconciliation>,
    /// Its rules, without samples of rows.
    checks: Vec<CheckResult>,
}

impl From<RunSummary> for RunForm {
    fn from(run: RunSummary) -> Self {
        Self {
            id: run.run_id,
            state: run.state,
            started_at: run.started_at.to_string(),
            duration_ms: run.duration_ms,
            files: run.files,
            assets: run.assets,
            reconciliations: run.reconciliations,
            checks: run.checks,
        }
    }
}
