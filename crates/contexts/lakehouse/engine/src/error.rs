//! What can go wrong below the front door: tables, statements, files.

use datafusion::error::DataFusionError;
use kernel::{ErrorKind, ProductError};
use lakehouse_model::AssetName;

use crate::{resolver::Refusal, sql::plan_error};

/// The engine could not do what was asked. Nothing is half-written: tables stay at their last commit.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] tables::TableError),
    /// The project's text is wrong.
    #[error(transparent)]
    Model(#[from] lakehouse_model::ModelError),
    /// An asset has more rows than somebody can take.
    #[error("could not take the rows of `{asset}`: there are more than {most}")]
    TooManyRows {
        /// The asset.
        asset: AssetName,
        /// What can be taken.
        most: u64,
    },
    /// The statement cannot be planned.
    #[error("could not plan `{what}`")]
    Plan {
        /// The asset or `statement`.
        what: String,
        /// `models/silver/sales.sql:12` where known.
        place: Option<String>,
        /// What the planner said.
        #[source]
        source: Box<DataFusionError>,
    },
    /// The statement broke while it ran.
    #[error("could not compute `{what}`")]
    Execute {
        /// The asset or `statement`.
        what: String,
        /// What the engine said.
        #[source]
        source: Box<DataFusionError>,
    },
    /// The table's log or files could not be read or written.
    #[error("could not {action} table `{table}`")]
    Storage {
        /// `open`, `read`, `write`, `commit to`, `compact`, `checkpoint`.
        action: &'static str,
        /// The table.
        table: AssetName,
        /// What the store said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The disk is full or read-only.
    #[error("there is no room to write table `{table}`")]
    NoRoom {
        /// The table.
        table: AssetName,
        /// What the store said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Somebody else committed the version that we were about to commit.
    #[error("table `{table}` was changed by another writer at version {version}")]
    Moved {
        /// The table.
        table: AssetName,
        /// The version taken.
        version: u64,
    },
    /// A statement's key is NULL or given twice with different rows.
    #[error("the key of `{model}` is not unique: {detail}")]
    KeyNotUnique {
        /// The model.
        model: AssetName,
        /// Which key, and an example.
        detail: String,
    },
    /// Two different natural keys have one hash.
    #[error("two different rows of `{model}` have the same key {key}")]
    KeyCollision {
        /// The model.
        model: AssetName,
        /// The hash.
        key: i64,
    },
    /// The model's statement does not give a column that its config names.
    #[error("`{model}` has no column `{column}`, which its {named_in} names")]
    MissingColumn {
        /// The model.
        model: AssetName,
        /// The column.
        column: String,
        /// What it is named in: `unique_key`, `natural_key`, `expectation not_null_x`.
        named_in: String,
        /// `models/…:line` where known.
        place: Option<String>,
    },
    /// A rule cannot be checked as written.
    #[error("could not check `{expectation}` on `{asset}`")]
    Check {
        /// The asset.
        asset: AssetName,
        /// The rule.
        expectation: String,
        /// What the planner said.
        #[source]
        source: Box<DataFusionError>,
    },
    /// The statement would change something.
    #[error("only one reading statement is allowed here")]
    NotReadOnly,
    /// There is no such table.
    #[error("there is no asset `{name}`")]
    UnknownTable {
        /// As given.
        name: AssetName,
        /// The nearest name, if one is near.
        nearest: Option<String>,
    },
    /// The asset has not been made yet.
    #[error("`{asset}` has not been made yet")]
    NotMade {
        /// The asset.
        asset: AssetName,
    },
    /// The new rows do not fit the table that is there.
    #[error("the columns of `{table}` changed: {detail}")]
    SchemaChanged {
        /// The table.
        table: AssetName,
        /// Which column, from what, to what.
        detail: String,
    },
    /// The records of a model could not be resolved.
    #[error("could not resolve the records of `{model}`")]
    Resolve {
        /// The model.
        model: AssetName,
        /// What was wrong with them, or with the match model.
        #[source]
        source: Box<Refusal>,
    },
    /// Somebody asked to stop.
    #[error("stopped on request")]
    Cancelled,
}

impl EngineError {
    /// Wraps what a store said: out of room is told apart, because it is the user's to mend.
    pub(crate) fn storage(
        action: &'static str,
        table: &AssetName,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let (source, table) = (source.into(), table.clone());
        if is_out_of_room(source.as_ref()) {
            return Self::NoRoom { table, source };
        }
        Self::Storage { action, table, source }
    }

    /// What broke while a statement was only planned is a fault of its text.
    pub(crate) fn into_plan(self, what: &str, file: &str) -> Self {
        match self {
            Self::Execute { source, .. } => plan_error(what, Some(file), *source),
            other => other,
        }
    }

    /// Wraps what the engine said while a statement ran; a request to stop is unwrapped from it.
    pub(crate) fn execute(what: &impl ToString, source: DataFusionError) -> Self {
        match source {
            DataFusionError::External(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                Err(other) => {
                    Self::Execute { what: what.to_string(), source: Box::new(DataFusionError::External(other)) }
                }
            },
            other => Self::Execute { what: what.to_string(), source: Box::new(other) },
        }
    }
}

/// Whether a full or read-only file system is among the causes.
fn is_out_of_room(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind as Io;
    let mut next = Some(error);
    while let Some(cause) = next {
        let kind = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(kind, Some(Io::StorageFull | Io::QuotaExceeded | Io::ReadOnlyFilesystem | Io::FileTooLarge)) {
            return true;
        }
        next = cause.source();
    }
    false
}

impl ProductError for EngineError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::File(error) => error.kind(),
            Self::Model(error) => error.kind(),
            Self::Resolve { source, .. } => source.kind(),
            Self::TooManyRows { .. }
            | Self::Plan { .. }
            | Self::Execute { .. }
            | Self::KeyNotUnique { .. }
            | Self::KeyCollision { .. }
            | Self::MissingColumn { .. }
            | Self::Check { .. }
            | Self::NotReadOnly
            | Self::SchemaChanged { .. }
            | Self::Cancelled => ErrorKind::Invalid,
            Self::NotMade { .. } | Self::UnknownTable { .. } => ErrorKind::NotFound,
            Self::Moved { .. } => ErrorKind::Conflict,
            Self::NoRoom { .. } => ErrorKind::Unavailable,
            Self::Storage { .. } => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Model(error) => error.code(),
            Self::Resolve { source, .. } => source.code(),
            Self::TooManyRows { .. } => "lakehouse.too_many_rows",
            Self::Plan { .. } => "lakehouse.bad_sql",
            Self::Execute { .. } => "lakehouse.sql_failed",
            Self::Storage { .. } => "lakehouse.storage",
            Self::NoRoom { .. } => "lakehouse.no_room",
            Self::Moved { .. } => "lakehouse.table_moved",
            Self::KeyNotUnique { .. } => "lakehouse.key_not_unique",
            Self::KeyCollision { .. } => "lakehouse.key_collision",
            Self::MissingColumn { .. } => "lakehouse.missing_column",
            Self::Check { .. } => "lakehouse.bad_expectation",
            Self::NotReadOnly => "lakehouse.not_read_only",
            Self::UnknownTable { .. } => "lakehouse.unknown_asset",
            Self::NotMade { .. } => "lakehouse.not_made",
            Self::SchemaChanged { .. } => "lakehouse.schema_changed",
            Self::Cancelled => "lakehouse.cancelled",
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::File(error) => error.place(),
            Self::Model(error) => error.place(),
            Self::Plan { place, .. } | Self::MissingColumn { place, .. } => place.clone(),
            _ => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::File(error) => return error.remedy(),
            Self::Model(error) => return error.remedy(),
            Self::Resolve { source, .. } => return source.remedy(),
            Self::TooManyRows { .. } => {
                "use a view with fewer of them, or the command line, which reads files of any size"
            }
            Self::Plan { .. } => "correct the statement; `grayghost assets` lists the tables that exist",
            Self::Execute { .. } => {
                "look at the values that the statement meets; `try_cast` gives NULL where `cast` stops"
            }
            Self::NoRoom { .. } => {
                "free space on the disk that holds the project, then run again; nothing was half-written"
            }
            Self::Moved { .. } => "run again; the tables are whole",
            Self::KeyNotUnique { .. } => {
                "make `unique_key` name the columns that identify a row, or remove the doubled rows in the statement"
            }
            Self::KeyCollision { .. } => {
                "hash more columns into the key of this model, and report it: two rows in 2^63 should not meet"
            }
            Self::MissingColumn { .. } => "add the column to the statement or correct the name",
            Self::Check { .. } => "correct the rule in the model's YAML file",
            Self::NotReadOnly => {
                "ask with one SELECT, WITH, SHOW or EXPLAIN; models change tables, `grayghost run` runs them"
            }
            Self::UnknownTable { nearest: Some(nearest), .. } => return Some(format!("did you mean `{nearest}`?")),
            Self::UnknownTable { .. } => "`grayghost assets` lists them",
            Self::NotMade { .. } => "run `grayghost run` first",
            Self::SchemaChanged { .. } => "rebuild the table with `grayghost run --full-refresh --select <model>`",
            Self::Storage { .. } => {
                "check that the project's `.grayghost` folder can be read and written; `grayghost doctor` looks at each table"
            }
            Self::Cancelled => "run again: what was committed stays, the rest is done then",
        };
        Some(text.to_owned())
    }
}
