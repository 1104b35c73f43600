//! A model: one SQL file, what it becomes, and what its YAML says about it.

use std::path::PathBuf;

use serde::Serialize;

use crate::{AssetName, Expectation, ExpectationKind};

/// How a model's rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Materialization {
    /// Replaced as a whole in one commit.
    #[default]
    Table,
    /// Added to; see [`Strategy`].
    Incremental,
    /// Not kept: planned into its readers.
    View,
}

/// How an incremental model takes new rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Every row is added.
    #[default]
    Append,
    /// A row whose `unique_key` is there already replaces the old one, or is dropped with `insert_only`.
    Merge,
}

/// How often an incremental model runs when several files are loaded by one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchBy {
    /// Once, after all files.
    #[default]
    Run,
    /// After each file, with a commit of its own.
    File,
}

/// That a model's statement gives records, and its table which of them are the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Resolve {
    /// The column that names each record.
    pub id: String,
    /// `auto`, a shipped model, or the path of a model document, relative to the project.
    pub model: String,
    /// Columns that are not evidence, beside the id and those that begin with `_`.
    pub ignore: Vec<String>,
}

/// The `config()` block (or `config:` in the YAML; the SQL file wins).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How the rows are kept.
    pub materialized: Materialization,
    /// How new rows are taken; only when incremental.
    pub incremental_strategy: Strategy,
    /// Columns that identify a row; needed by `merge`.
    pub unique_key: Vec<String>,
    /// With `merge`: `true` keeps the row that is there and drops the new one (insert-only), `false` replaces it.
    pub insert_only: bool,
    /// Columns which `unique_key` was hashed from: two rows with one key that differ here are a hash
    /// collision, and fail the run instead of losing a row.
    pub natural_key: Vec<String>,
    /// With `merge`: a column by whose value range files are pruned; rows with equal keys must agree in it.
    pub prune_by: Option<String>,
    /// Table for rows set aside; its columns are the model's plus `reason`. The SQL gives the column
    /// `_reject_reason` for rows that it sets aside itself.
    pub rejects: Option<AssetName>,
    /// How often it runs when several files are loaded.
    pub batch_by: BatchBy,
    /// The statement gives records to be resolved; the table holds their ids and clusters.
    pub resolve: Option<Resolve>,
    /// For selection.
    pub tags: Vec<String>,
    /// `false` leaves the model out.
    pub enabled: Option<bool>,
}

/// What the YAML says about a column.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ColumnDoc {
    /// The column.
    pub name: String,
    /// SQL type that the model's column is cast to; `None` leaves it.
    pub data_type: Option<String>,
    /// Where its value comes from and what it means.
    pub description: Option<String>,
    /// Class of personal data (`personal`, `sensitive`, …); `None` for none.
    pub pii: Option<String>,
}

/// How old the newest row may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Freshness {
    /// A time column.
    pub column: String,
    /// Warn above this age, seconds.
    pub warn_after_seconds: Option<u64>,
    /// Fail above this age, seconds.
    pub error_after_seconds: Option<u64>,
}

/// What the YAML says about a model.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ModelDoc {
    /// What a row of it is.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Documented columns, in file order.
    pub columns: Vec<ColumnDoc>,
    /// Its rules, in file order; `freshness` is among them too.
    pub expectations: Vec<Expectation>,
    /// How old the newest row may be.
    pub freshness: Option<Freshness>,
}

/// One SQL file of a project.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Model {
    /// Layer and name.
    pub name: AssetName,
    /// The SQL file, relative to the project.
    pub path: PathBuf,
    /// Its text, a Jinja template.
    #[serde(skip)]
    pub template: String,
    /// What it becomes.
    pub config: Config,
    /// What its YAML says; empty when there is none.
    pub doc: ModelDoc,
    /// Assets that it reads (`ref`, `source`, `changes`), in order of first use, without repeats.
    pub reads: Vec<AssetName>,
    /// Those among `reads` that it reads by `changes()`.
    pub reads_changes: Vec<AssetName>,
}

impl Model {
    /// Whether new rows take the place of old ones: then rows read and rows kept do not add up.
    #[must_use]
    pub fn replaces_rows(&self) -> bool {
        let Config { materialized, incremental_strategy, insert_only, .. } = self.config;
        materialized == Materialization::Incremental && incremental_strategy == Strategy::Merge && !insert_only
    }

    /// Columns in which no value is expected twice: a key of one column, or one under a `unique` rule.
    #[must_use]
    pub fn distinct_columns(&self) -> Vec<String> {
        let key = self.config.unique_key.first().filter(|_| self.config.unique_key.len() == 1);
        let ruled = self.doc.expectations.iter().filter_map(|rule| match &rule.kind {
            ExpectationKind::Unique { columns } if columns.len() == 1 => columns.first(),
            _ => None,
        });
        key.into_iter().chain(ruled).cloned().collect()
    }
}
