//! Where records come from: a kind of file, and the bronze table that its rows land in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::AssetName;

/// What happens when a file's columns are not those that were declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftPolicy {
    /// The file is refused, nothing is written.
    #[default]
    Fail,
    /// New columns are added to the table (text, NULL in older rows); lost ones are NULL.
    Evolve,
    /// The rows are kept in bronze as raw lines only, and leave silver with their reason.
    Quarantine,
}

/// Shape of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceFormat {
    /// Found by looking at the bytes.
    #[default]
    Auto,
    /// Comma-separated, or any delimiter.
    Csv,
    /// Tab-separated.
    Tsv,
    /// One JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Apache Parquet.
    Parquet,
}

/// What is known about the dialect; what is not given is sniffed per file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DialectSettings {
    /// WHATWG label, such as `utf-8` or `windows-1252`.
    pub encoding: Option<String>,
    /// One ASCII character.
    pub delimiter: Option<char>,
    /// One ASCII character.
    pub quote: Option<char>,
    /// Whether the first line names the columns.
    pub header: Option<bool>,
    /// Lines before the header.
    pub preamble_lines: Option<u64>,
}

/// A declared column of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceColumn {
    /// Its name in bronze.
    pub name: String,
    /// Names that publications of the file give it. Compared without case, spaces, `_` and `-`; its own name counts too.
    #[serde(default)]
    pub headers: Vec<String>,
    /// A file without it does not belong to this source.
    #[serde(default = "yes")]
    pub required: bool,
    /// What it means.
    #[serde(default)]
    pub description: Option<String>,
    /// Class of personal data; `None` for none.
    #[serde(default)]
    pub pii: Option<String>,
}

fn yes() -> bool {
    true
}

/// One `sources/<name>.yml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name: the file's name.
    #[serde(default)]
    pub name: String,
    /// What its records are.
    #[serde(default)]
    pub description: Option<String>,
    /// Who answers for it.
    #[serde(default)]
    pub owner: Option<String>,
    /// The bronze table that the rows land in.
    pub table: AssetName,
    /// Files, folders and globs, relative to the project, that `grayghost run` loads when no FILES are given.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Shape of its files.
    #[serde(default)]
    pub format: SourceFormat,
    /// What is known about their dialect.
    #[serde(default)]
    pub dialect: DialectSettings,
    /// What happens when the columns differ.
    #[serde(default)]
    pub drift: DriftPolicy,
    /// Its columns, in bronze order.
    pub columns: Vec<SourceColumn>,
    /// Free marks.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Free settings for models, read by `source_meta('name')` in templates.
    #[serde(default)]
    pub meta: BTreeMap<String, serde_json::Value>,
}
