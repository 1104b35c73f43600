//! What can go wrong between a file and its groups.

use std::path::PathBuf;

use kernel::{ErrorKind, ProductError};
use tables::TableError;

/// A resolution that cannot be done as it was asked for. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ResolutionError {
    /// A file could not be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A column that was named is not in the file.
    #[error("could not find column `{column}` in `{}`, which has {known}", file.display())]
    NoSuchColumn {
        /// The file.
        file: PathBuf,
        /// As it was named.
        column: String,
        /// The columns that there are.
        known: String,
    },
    /// A file holds no record.
    #[error("could not resolve `{}`: it holds no record", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// An id is given twice.
    #[error("could not take `{column}` of `{}` as the id: `{id}` stands in record {first} and in record {second}", file.display())]
    DuplicateId {
        /// The file.
        file: PathBuf,
        /// The column.
        column: String,
        /// The id.
        id: String,
        /// First record with it, from 1.
        first: usize,
        /// Next record with it.
        second: usize,
    },
    /// A record has no id.
    #[error("could not take `{column}` of `{}` as the id: record {record} has none", file.display())]
    MissingId {
        /// The file.
        file: PathBuf,
        /// The column.
        column: String,
        /// The record, from 1.
        record: usize,
    },
    /// A record that was asked for is not in the file.
    #[error("could not find the record `{id}` in `{}`", file.display())]
    NoSuchRecord {
        /// The file.
        file: PathBuf,
        /// Its id, as asked.
        id: String,
    },
    /// No column can tell records apart.
    #[error("could not compare the records of `{}`: {why}", file.display())]
    NothingToCompare {
        /// The file.
        file: PathBuf,
        /// What is missing.
        why: String,
    },
    /// A model is neither shipped nor a file.
    #[error("could not find the model `{name}`")]
    UnknownModel {
        /// As it was named.
        name: String,
    },
    /// A model document is wrong.
    #[error("could not use the model in `{}`: {why}", file.display())]
    BadModel {
        /// The document.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A blocking rule of a model gives too many pairs.
    #[error("could not use blocking rule `{rule}`: it gives {pairs} pairs, more than {most}")]
    ExplodingRule {
        /// The rule in words.
        rule: String,
        /// Its pairs.
        pairs: u64,
        /// What is allowed.
        most: u64,
    },
    /// A label file or column does not fit the records.
    #[error("could not compare with the truth in `{}`: {why}", file.display())]
    BadTruth {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A result could not be written.
    #[error("could not write `{}`", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Somebody asked to stop.
    #[error("could not finish: cancelled")]
    Cancelled,
}

impl ProductError for ResolutionError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Table(error) => error.kind(),
            Self::Write { .. } => ErrorKind::Unavailable,
            Self::UnknownModel { .. } | Self::NoSuchRecord { .. } => ErrorKind::NotFound,
            _ => ErrorKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Table(error) => error.code(),
            Self::NoSuchColumn { .. } => "resolution.no_such_column",
            Self::Empty { .. } => "resolution.empty",
            Self::DuplicateId { .. } => "resolution.duplicate_id",
            Self::MissingId { .. } => "resolution.missing_id",
            Self::NoSuchRecord { .. } => "resolution.no_such_record",
            Self::NothingToCompare { .. } => "resolution.nothing_to_compare",
            Self::UnknownModel { .. } => "resolution.unknown_model",
            Self::BadModel { .. } => "resolution.bad_model",
            Self::ExplodingRule { .. } => "resolution.exploding_rule",
            Self::BadTruth { .. } => "resolution.bad_truth",
            Self::Write { .. } => "resolution.write",
            Self::Cancelled => "resolution.cancelled",
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Table(error) => error.place(),
            Self::DuplicateId { file, second: record, .. } | Self::MissingId { file, record, .. } => {
                Some(format!("{}: record {record}", file.display()))
            }
            Self::NoSuchColumn { file, .. }
            | Self::Empty { file }
            | Self::NoSuchRecord { file, .. }
            | Self::NothingToCompare { file, .. }
            | Self::BadModel { file, .. }
            | Self::BadTruth { file, .. }
            | Self::Write { file, .. } => Some(file.display().to_string()),
            Self::UnknownModel { .. } | Self::ExplodingRule { .. } | Self::Cancelled => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::Table(error) => return error.remedy(),
            Self::NoSuchColumn { .. } => "name one of its columns",
            Self::Empty { .. } => "give a file with a header and at least one record",
            Self::DuplicateId { .. } => "name a column whose values are unique, or number the records first",
            Self::MissingId { .. } => "fill it, or name another column",
            Self::NoSuchRecord { .. } => "give an id as the id column has it",
            Self::NothingToCompare { .. } => {
                "give a file with columns that describe its records, or a model that names them"
            }
            Self::UnknownModel { .. } => {
                "use `auto`, `person`, `company`, `product` or the path of a model's YAML file"
            }
            Self::BadModel { .. } => "correct the document; docs/reference/resolution-models.md says what it may hold",
            Self::ExplodingRule { .. } => "add a key to the rule, or leave it out",
            Self::BadTruth { .. } => "give a column of the file, or a CSV with the columns that the message names",
            Self::Write { .. } => "check the path, its permissions and the room on the disk",
            Self::Cancelled => "run it again; nothing was written",
        };
        Some(remedy.to_owned())
    }
}
