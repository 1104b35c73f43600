//! What can go wrong at the front door.

use eventlog::LogError;
use jobs::JobError;
use kernel::{ErrorKind, Forbidden, ProductError, WordError};
use lakehouse_engine::EngineError;
use lakehouse_model::ModelError;
use sql::SqlError;

use crate::Fault;

/// The lakehouse could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LakehouseError {
    /// Below the front door.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The project's text is wrong.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Another run holds an asset.
    #[error("another run is working on `{asset}`")]
    Locked {
        /// The asset.
        asset: String,
        /// What the lock file says of its holder.
        holder: String,
    },
    /// A file belongs to no source.
    #[error("could not find the source of `{file}`")]
    NoSourceMatches {
        /// The file.
        file: String,
        /// For each source, what lacks: `online_retail lacks UnitPrice, Country`.
        lacking: String,
    },
    /// Several sources would take a file.
    #[error("`{file}` fits more than one source: {sources}")]
    SeveralSources {
        /// The file.
        file: String,
        /// Their names.
        sources: String,
    },
    /// A named source does not exist.
    #[error("there is no source `{name}`")]
    UnknownSource {
        /// The name.
        name: String,
        /// Those that exist.
        known: String,
    },
    /// A file lacks columns of the source it was meant for.
    #[error("`{file}` lacks columns of source `{source_name}`: {missing}")]
    HeaderMissing {
        /// The file.
        file: String,
        /// The source.
        source_name: String,
        /// The headers.
        missing: String,
    },
    /// A file has columns that its source does not declare, and the policy is `fail`.
    #[error("`{file}` has columns that source `{source_name}` does not declare: {extra}")]
    Drift {
        /// The file.
        file: String,
        /// The source.
        source_name: String,
        /// The headers.
        extra: String,
    },
    /// A pattern or folder gives no file.
    #[error("`{pattern}` names no file")]
    NoFiles {
        /// As given.
        pattern: String,
    },
    /// The workspace has no project on this server.
    #[error("this workspace has no lakehouse here")]
    OtherWorkspace,
    /// There is no such asset.
    #[error("there is no asset `{name}`")]
    UnknownAsset {
        /// As given.
        name: String,
        /// The nearest name, if one is near.
        nearest: Option<String>,
    },
    /// There is no such column.
    #[error("`{asset}` has no column `{column}`")]
    UnknownColumn {
        /// The asset.
        asset: String,
        /// As given.
        column: String,
        /// Those that exist.
        known: String,
    },
    /// `bronze = silver + rejected + duplicates` does not hold.
    #[error("rows of `{from}` do not add up in `{to}`: {detail}")]
    NotReconciled {
        /// The table read.
        from: String,
        /// The model.
        to: String,
        /// The sum.
        detail: String,
    },
    /// There is nothing to retry.
    #[error("there is no failed run to retry")]
    NothingToRetry,
    /// `init` would overwrite something.
    #[error("`{dir}` is not empty")]
    NotEmpty {
        /// The folder.
        dir: String,
    },
    /// There is no such template.
    #[error("there is no template `{name}`")]
    UnknownTemplate {
        /// As given.
        name: String,
    },
    /// A row of the history cannot be read.
    #[error("could not read the run history")]
    History {
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// An answer took longer than it may.
    #[error("could not answer within {millis} ms")]
    TooSlow {
        /// The time that it had.
        millis: u64,
    },
    /// The run was broken off before it said how it ended.
    #[error("the run was broken off")]
    Stopped,
    /// Who asks may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// A cursor is of another list.
    #[error(transparent)]
    Word(#[from] WordError),
    /// The log of facts could not take or give them.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The queue could not take the run.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The database of the history could not answer.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// A file of the project could not be written.
    #[error("could not write `{path}`")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A part of the run broke in a way that it should not.
    #[error("a part of the run stopped unexpectedly")]
    Broken {
        /// What the runtime said.
        #[source]
        source: tokio::task::JoinError,
    },
}

impl ProductError for LakehouseError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Engine(error) => error.kind(),
            Self::Model(error) => error.kind(),
            Self::Forbidden(error) => error.kind(),
            Self::Word(error) => error.kind(),
            Self::Log(error) => error.kind(),
            Self::Job(error) => error.kind(),
            Self::Sql(error) => error.kind(),
            Self::Locked { .. } => ErrorKind::Conflict,
            Self::Io { .. } => ErrorKind::Unavailable,
            Self::OtherWorkspace
            | Self::UnknownAsset { .. }
            | Self::UnknownColumn { .. }
            | Self::UnknownSource { .. } => ErrorKind::NotFound,
            Self::History { .. } | Self::Stopped | Self::Broken { .. } => ErrorKind::Internal,
            _ => ErrorKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Engine(error) => error.code(),
            Self::Model(error) => error.code(),
            Self::Forbidden(error) => error.code(),
            Self::Word(error) => error.code(),
            Self::Log(error) => error.code(),
            Self::Job(error) => error.code(),
            Self::Sql(error) => error.code(),
            Self::Locked { .. } => "lakehouse.locked",
            Self::NoSourceMatches { .. } => "lakehouse.no_source_matches",
            Self::SeveralSources { .. } => "lakehouse.several_sources",
            Self::UnknownSource { .. } => "lakehouse.unknown_source",
            Self::HeaderMissing { .. } => "lakehouse.header_missing",
            Self::Drift { .. } => "lakehouse.drift",
            Self::NoFiles { .. } => "lakehouse.no_files",
            Self::OtherWorkspace => "lakehouse.other_workspace",
            Self::UnknownAsset { .. } => "lakehouse.unknown_asset",
            Self::UnknownColumn { .. } => "lakehouse.unknown_column",
            Self::NotReconciled { .. } => "lakehouse.not_reconciled",
            Self::NothingToRetry => "lakehouse.nothing_to_retry",
            Self::NotEmpty { .. } => "lakehouse.not_empty",
            Self::UnknownTemplate { .. } => "lakehouse.unknown_template",
            Self::History { .. } => "lakehouse.history",
            Self::TooSlow { .. } => "lakehouse.too_slow",
            Self::Stopped => "lakehouse.stopped",
            Self::Io { .. } => "lakehouse.write_failed",
            Self::Broken { .. } => "lakehouse.broken",
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Engine(error) => error.place(),
            Self::Model(error) => error.place(),
            Self::NoSourceMatches { file, .. }
            | Self::SeveralSources { file, .. }
            | Self::HeaderMissing { file, .. }
            | Self::Drift { file, .. } => Some(format!("{file}:1")),
            _ => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Engine(error) => return error.remedy(),
            Self::Model(error) => return error.remedy(),
            Self::Forbidden(error) => return error.remedy(),
            Self::Word(error) => return error.remedy(),
            Self::Log(error) => return error.remedy(),
            Self::Job(error) => return error.remedy(),
            Self::Sql(error) => return error.remedy(),
            Self::Locked { holder, .. } => format!("wait for it to end ({holder}), or select other assets"),
            Self::NoSourceMatches { lacking, .. } => format!(
                "{lacking}. Name the file's headers in `headers:` of a file in sources/, or write a source for it; `grayghost sniff` shows what the file holds"
            ),
            Self::SeveralSources { .. } => "say which with `--source NAME`".to_owned(),
            Self::UnknownSource { known, .. } => format!("name one of: {known}"),
            Self::HeaderMissing { source_name, .. } => format!(
                "add the columns to the file, or say in sources/{source_name}.yml under which `headers:` they come, or that they are not `required`"
            ),
            Self::Drift { source_name, .. } => format!(
                "declare the columns in sources/{source_name}.yml, or set `drift: evolve` to take them in, or `drift: quarantine` to set such rows aside"
            ),
            Self::NoFiles { .. } => "give files, folders or patterns that exist".to_owned(),
            Self::OtherWorkspace => "sign in to the workspace that the server's project belongs to".to_owned(),
            Self::UnknownAsset { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::UnknownAsset { nearest: None, .. } => "`grayghost assets` lists them".to_owned(),
            Self::UnknownColumn { known, .. } => format!("its columns are {known}"),
            Self::NotReconciled { to, .. } => format!(
                "the statement of `{to}` must give each input row once; rebuild it with `--full-refresh --select {to}`"
            ),
            Self::NothingToRetry => {
                "the last run succeeded, or the history was deleted; run without `--retry`".to_owned()
            }
            Self::NotEmpty { .. } => "give a new or empty folder".to_owned(),
            Self::UnknownTemplate { .. } => "use `retail`".to_owned(),
            Self::History { .. } => {
                "rebuild it from the log: `grayghost events rebuild lakehouse.run_history`; the tables do not need it"
                    .to_owned()
            }
            Self::Io { .. } => "check the folder's permissions and the space on its disk".to_owned(),
            Self::TooSlow { .. } => {
                "ask for less: fewer rows, a filter on the key of the table, or `timeout_ms` of up to a minute"
                    .to_owned()
            }
            Self::Stopped => "`grayghost jobs list` says why; run again: what was committed stays".to_owned(),
            Self::Broken { .. } => "run again; if it happens again, please report it with the line above".to_owned(),
        })
    }
}

impl Fault {
    /// An error as data.
    #[must_use]
    pub fn of(error: &dyn ProductError) -> Self {
        Self {
            code: error.code().to_owned(),
            kind: error.kind(),
            message: error.to_string(),
            place: error.place(),
            why: error.why(),
            remedy: error.remedy(),
        }
    }
}
