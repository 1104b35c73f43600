//! What is refused here, and by those who are asked.

use contracts::Refused;
use jobs::{Failure, JobError, JobId, Retry};
use kernel::{ErrorKind, Forbidden, ProductError, WordError};
use resolution::ResolutionError;
use sql::SqlError;

/// A refusal.
#[derive(Debug, thiserror::Error)]
pub enum ServedError {
    /// The records cannot be resolved as asked.
    #[error(transparent)]
    Resolution(#[from] ResolutionError),
    /// The lakehouse does not give the records.
    #[error(transparent)]
    Asset(#[from] Refused),
    /// No run of the workspace has this id.
    #[error("there is no run `{id}` of resolution")]
    UnknownRun {
        /// As it was asked for.
        id: JobId,
    },
    /// A run has no results of this kind, or none any more.
    #[error("run `{id}` has no {what}")]
    NoResults {
        /// The run.
        id: JobId,
        /// `clusters` or `links`.
        what: &'static str,
    },
    /// An explanation took longer than it may.
    #[error("could not explain the pair within {seconds} s")]
    TooSlow {
        /// The time that it had.
        seconds: u64,
    },
    /// The work was broken off in a way that it should not.
    #[error("the work stopped unexpectedly")]
    Broken(#[from] tokio::task::JoinError),
    /// What was stored cannot be read.
    #[error("could not read what a run has stored")]
    Unreadable(#[from] serde_json::Error),
    /// Who asks may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The queue could not answer.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The database could not answer.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// A cursor is of another list.
    #[error(transparent)]
    Word(#[from] WordError),
}

impl ServedError {
    /// The error of another crate, which knows better.
    fn inner(&self) -> Option<&dyn ProductError> {
        Some(match self {
            Self::Resolution(error) => error,
            Self::Asset(error) => error,
            Self::Forbidden(error) => error,
            Self::Job(error) => error,
            Self::Sql(error) => error,
            Self::Word(error) => error,
            _ => return None,
        })
    }

    /// Why a job fails, stored in the open: without the values that an error quotes, and without what stands behind it.
    pub(crate) fn failure(&self) -> Failure {
        let again = matches!(self.kind(), ErrorKind::Conflict | ErrorKind::TooMany | ErrorKind::Unavailable);
        let text = match self {
            Self::Resolution(ResolutionError::DuplicateId { file, column, first, second, .. }) => format!(
                "could not take `{column}` of `{}` as the id: record {first} and record {second} have the same",
                file.display()
            ),
            _ => self.to_string(),
        };
        Failure::new(format!("{}: {text}", self.code()), if again { Retry::BackOff } else { Retry::Never })
    }
}

impl ProductError for ServedError {
    fn kind(&self) -> ErrorKind {
        if let Some(inner) = self.inner() {
            return inner.kind();
        }
        match self {
            Self::UnknownRun { .. } | Self::NoResults { .. } => ErrorKind::NotFound,
            Self::TooSlow { .. } => ErrorKind::Invalid,
            _ => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        if let Some(inner) = self.inner() {
            return inner.code();
        }
        match self {
            Self::UnknownRun { .. } => "resolution.unknown_run",
            Self::NoResults { .. } => "resolution.no_results",
            Self::TooSlow { .. } => "resolution.too_slow",
            Self::Broken(_) => "resolution.broken",
            _ => "resolution.unreadable",
        }
    }

    fn place(&self) -> Option<String> {
        self.inner().and_then(|inner| inner.place())
    }

    fn remedy(&self) -> Option<String> {
        if let Some(inner) = self.inner() {
            return inner.remedy();
        }
        let remedy = match self {
            Self::UnknownRun { .. } => "list runs with `GET /api/v1/resolution-runs`",
            Self::NoResults { .. } => {
                "wait until it has succeeded; a run over one asset has clusters, one over two has links, and those of old runs are deleted"
            }
            Self::TooSlow { .. } => "explain it on a view with fewer records that holds both",
            Self::Broken(_) => "run it again; if it happens again, please report it with the line in the log",
            _ => "run it again; nothing else reads what it has stored",
        };
        Some(remedy.to_owned())
    }
}
