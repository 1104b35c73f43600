//! How subscriptions and dead letters fail.

use eventlog::LogError;
use kernel::{ErrorKind, ProductError, WordError};
use sql::SqlError;

/// A failure of the bus. Nothing was changed, but for [`SqlError::Unknown`].
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The database.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// The cursor of another list.
    #[error(transparent)]
    Page(#[from] WordError),
    /// There is no such dead letter in this workspace.
    #[error("subscriber `{subscriber}` has no dead letter `{event}`")]
    NoSuchLetter {
        /// Whose letter.
        subscriber: String,
        /// The event that could not be handled.
        event: String,
    },
    /// An edited fact that is none of its type.
    #[error("could not edit a fact of type `{fact_type}`: {reason}")]
    BadEdit {
        /// What it must be.
        fact_type: String,
        /// What is wrong with it; never repeats what was given.
        reason: &'static str,
    },
    /// Two subscribers with one name.
    #[error("two subscribers are named `{name}`")]
    SameName {
        /// The name.
        name: &'static str,
    },
    /// Another process runs this subscriber now.
    #[error("another process has taken over subscriber `{subscriber}`")]
    TakenOver {
        /// Which.
        subscriber: &'static str,
    },
}

impl ProductError for BusError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Log(error) => error.kind(),
            Self::Sql(error) => error.kind(),
            Self::Page(error) => error.kind(),
            Self::NoSuchLetter { .. } => ErrorKind::NotFound,
            Self::BadEdit { .. } => ErrorKind::Invalid,
            Self::TakenOver { .. } => ErrorKind::Conflict,
            Self::SameName { .. } => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Log(error) => error.code(),
            Self::Sql(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::NoSuchLetter { .. } => "bus.no_such_letter",
            Self::BadEdit { .. } => "bus.bad_edit",
            Self::SameName { .. } => "bus.same_name",
            Self::TakenOver { .. } => "bus.taken_over",
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Log(error) => error.remedy(),
            Self::Sql(error) => error.remedy(),
            Self::Page(error) => error.remedy(),
            Self::NoSuchLetter { .. } => Some("`grayghost dead-letters list` shows those that there are".to_owned()),
            Self::BadEdit { .. } => {
                Some("take the fact as `grayghost dead-letters show` prints it and change its members".to_owned())
            }
            Self::SameName { .. } => Some("give each subscriber a name of its own, `context.what`".to_owned()),
            Self::TakenOver { .. } => None,
        }
    }
}
