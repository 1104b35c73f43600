//! What one can ask of a project.

use std::path::PathBuf;

/// A run as asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunRequest {
    /// Files to load; empty means those of the sources' `paths`.
    pub files: Vec<PathBuf>,
    /// Source that the files belong to; `None` finds it by the headers.
    pub source: Option<String>,
    /// dbt's selection; `None` means all.
    pub select: Option<String>,
    /// dbt's exclusion.
    pub exclude: Option<String>,
    /// Rebuild incremental models from all of their inputs.
    pub full_refresh: bool,
    /// Run what failed or was not reached in the last run.
    pub retry: bool,
}

/// What a running run tells. Sent in order; nobody needs to listen.
#[derive(Debug, Clone)]
pub enum RunProgress {
    /// The plan is known.
    Planned {
        /// Files to load.
        files: usize,
        /// Assets to make.
        assets: usize,
    },
    /// A step began: a file (`label` is its name) or an asset.
    Started {
        /// Tells steps apart.
        step: String,
        /// Expected amount of work in `unit`; 0 when not known.
        total: u64,
        /// `bytes` or `rows`.
        unit: &'static str,
    },
    /// A step went on.
    Progress {
        /// Which.
        step: String,
        /// Work done so far, in the unit of `Started`.
        done: u64,
        /// Rows so far.
        rows: u64,
    },
    /// A step ended.
    Finished {
        /// Which.
        step: String,
        /// `loaded`, `already loaded`, `succeeded`, `unchanged`, `failed`, `skipped`, `cancelled`.
        state: String,
        /// Rows written.
        rows: u64,
        /// Wall time.
        duration_ms: u64,
    },
}

/// Who listens to a run.
pub type Listener = std::sync::Arc<dyn Fn(RunProgress) + Send + Sync>;

/// Rows as an answer to a query: column names, and cells as text for people and as JSON for programs.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct QueryRows {
    /// Column names in order.
    pub columns: Vec<String>,
    /// Whether each column is numeric (right-aligned in tables).
    pub numeric: Vec<bool>,
    /// Their types in SQL, e.g. `BIGINT`.
    pub types: Vec<String>,
    /// Cells as JSON: numbers, decimals as numbers with their exact digits where JSON can hold them, else text.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Whether there are more rows than were asked for.
    pub truncated: bool,
}

/// One asset as `grayghost assets` shows it.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
pub struct AssetInfo {
    /// `layer.name`.
    pub asset: String,
    /// `source`, `table`, `incremental`, `view`, `rejects`.
    pub kind: String,
    /// Rows; `None` before the first run and for views.
    pub rows: Option<u64>,
    /// Size of live files, bytes.
    pub size_bytes: Option<u64>,
    /// Live files.
    pub files: Option<u64>,
    /// Delta version.
    pub version: Option<u64>,
    /// Time of the last commit, RFC 3339.
    pub updated_at: Option<String>,
    /// Rules that held, warned, failed in the last run.
    pub checks: Option<crate::CheckCounts>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What a row of it is.
    pub description: Option<String>,
}

/// One edge of column lineage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct ColumnEdge {
    /// Input asset.
    pub asset: String,
    /// Input column.
    pub column: String,
    /// `identity`, `transformation`, `aggregation` (the value), or `filter`, `join`, `group_by`, `sort`, `window` (which rows).
    pub kind: String,
}

/// Where an asset, or one of its columns, comes from and goes to.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
pub struct LineageView {
    /// The asset.
    pub asset: String,
    /// The column asked for; `None` for the whole asset.
    pub column: Option<String>,
    /// Assets directly above.
    pub parents: Vec<String>,
    /// Assets directly below.
    pub children: Vec<String>,
    /// For each column: what it is made from, one step up.
    pub columns: Vec<(String, Vec<ColumnEdge>)>,
    /// For the asked column: all steps up to the sources, `depth` 1 first.
    pub upstream: Vec<LineageStep>,
}

/// One step of a column's way from the source.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
pub struct LineageStep {
    /// Steps above the column asked for.
    pub depth: usize,
    /// The column made.
    pub of: String,
    /// What it is made from.
    pub from: ColumnEdge,
}

/// One thing that `grayghost doctor` looked at.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Finding {
    /// What was looked at.
    pub what: String,
    /// Whether it is well.
    pub ok: bool,
    /// What was seen.
    pub seen: String,
    /// What to do, when it is not well.
    pub remedy: Option<String>,
}
