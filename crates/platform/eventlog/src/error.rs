//! How the log fails.

use crypto::CryptoError;
use kernel::{ErrorKind, ProductError};
use sql::SqlError;

/// A failure of the log. Nothing was stored, but for [`SqlError::Unknown`].
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The stream is not at the version that the caller expects.
    #[error("`{stream}` changed meanwhile: expected version {expected}, found {found}")]
    Moved {
        /// Which.
        stream: String,
        /// What the caller expected.
        expected: u64,
        /// What it is.
        found: u64,
    },
    /// Another writer was faster.
    #[error("a stream changed meanwhile")]
    Overtaken,
    /// An idempotency key came again with another command.
    #[error("the idempotency key `{key}` was used for another command")]
    KeyReused {
        /// The key.
        key: String,
    },
    /// The database.
    #[error(transparent)]
    Sql(SqlError),
    /// The keys of personal fields.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// An event that does not fit its type.
    #[error("could not write or read an event of `{stream}`")]
    Json {
        /// Which.
        stream: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// An event that a newer version of the product has written.
    #[error("an event of `{stream}` has schema version {found}; this version of the product knows {known}")]
    Newer {
        /// Which.
        stream: String,
        /// Its version.
        found: u16,
        /// Ours.
        known: u16,
    },
    /// A read model did not take a fact.
    #[error("read model `{name}` refused the event at position {position}: {reason}")]
    Projection {
        /// Which.
        name: String,
        /// Where.
        position: u64,
        /// Why.
        reason: String,
    },
    /// A read model is made anew by another process.
    #[error("could not make read model `{name}` anew: another process is at it")]
    Superseded {
        /// Which.
        name: String,
    },
    /// A read model that nobody has registered.
    #[error("there is no read model `{name}`")]
    UnknownProjection {
        /// Which.
        name: String,
    },
}

impl From<SqlError> for LogError {
    fn from(error: SqlError) -> Self {
        match error {
            SqlError::Unique => Self::Overtaken,
            error => Self::Sql(error),
        }
    }
}

impl ProductError for LogError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Moved { .. } | Self::Overtaken | Self::KeyReused { .. } | Self::Superseded { .. } => {
                ErrorKind::Conflict
            }
            Self::Sql(error) => error.kind(),
            Self::Crypto(error) => error.kind(),
            Self::UnknownProjection { .. } => ErrorKind::NotFound,
            Self::Json { .. } | Self::Newer { .. } | Self::Projection { .. } => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Moved { .. } | Self::Overtaken => "eventlog.moved",
            Self::KeyReused { .. } => "eventlog.key_reused",
            Self::Sql(error) => error.code(),
            Self::Crypto(error) => error.code(),
            Self::Json { .. } => "eventlog.unreadable",
            Self::Newer { .. } => "eventlog.newer",
            Self::Projection { .. } => "eventlog.projection",
            Self::Superseded { .. } => "eventlog.superseded",
            Self::UnknownProjection { .. } => "eventlog.unknown_projection",
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Moved { .. } | Self::Overtaken => Some("read it again, then repeat the change".to_owned()),
            Self::KeyReused { .. } => Some("give each command an idempotency key of its own".to_owned()),
            Self::Sql(error) => error.remedy(),
            Self::Crypto(error) => error.remedy(),
            Self::Superseded { .. } => Some("wait until the other process has made it".to_owned()),
            Self::Newer { .. } => Some("run the newer version of the product".to_owned()),
            Self::UnknownProjection { .. } => Some("`grayghost events projections` lists them".to_owned()),
            Self::Json { .. } | Self::Projection { .. } => None,
        }
    }
}
