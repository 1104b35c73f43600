//! How this context fails.

use eventlog::LogError;
use jobs::JobError;
use kernel::{ErrorKind, Forbidden, ProductError};

use crate::domain::Refusal;

/// Any failure that leaves the context.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LibraryError {
    /// The actor may not do this.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The queue.
    #[error(transparent)]
    Job(#[from] JobError),
}

impl ProductError for LibraryError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(error) => error.kind(),
            Self::Refused(Refusal::Lent) => ErrorKind::Conflict,
            Self::Log(error) => error.kind(),
            Self::Job(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(error) => error.code(),
            Self::Refused(Refusal::Lent) => "library.lent",
            Self::Log(error) => error.code(),
            Self::Job(error) => error.code(),
        }
    }
}
