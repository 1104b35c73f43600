//! How a database fails, in the few ways that a caller can act on.

use std::sync::Arc;

use kernel::{ErrorKind, ProductError};

/// A failure of the database. Cheap to clone: a group commit that fails tells everyone in the group.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SqlError {
    /// A key is there already.
    #[error("a row with this key exists already")]
    Unique,
    /// Somebody else holds what this transaction needs, and neither could go on.
    #[error("another transaction holds the same rows; nothing was changed")]
    Busy,
    /// The database does not answer.
    #[error("could not reach the database; nothing was changed")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// The connection broke while the database was asked to commit.
    #[error("the database was lost during a commit; the change was stored or was not")]
    Unknown(#[source] Arc<sqlx::Error>),
    /// There is no room.
    #[error("the database has no room to write; nothing was changed")]
    Full(#[source] Arc<sqlx::Error>),
    /// A transaction took longer than it may.
    #[error("a transaction took longer than {seconds} s and was ended; nothing was changed")]
    TimedOut {
        /// The limit.
        seconds: u64,
    },
    /// The work inside a transaction broke.
    #[error("a transaction broke off; nothing was changed")]
    Aborted,
    /// A statement in the scope of a workspace that does not ask for the workspace.
    #[error("a statement on a workspace's rows must compare or insert `workspace_id` as $1: {statement}")]
    Unscoped {
        /// Its text.
        statement: String,
    },
    /// A migration that was applied has changed since.
    #[error("migration {number} of `{context}` was applied with another text")]
    MigrationChanged {
        /// Whose.
        context: &'static str,
        /// Which.
        number: u32,
    },
    /// The database was written by a newer version of the product.
    #[error("the database has migration {number} of `{context}`, which this version does not know")]
    MigrationUnknown {
        /// Whose.
        context: &'static str,
        /// Which.
        number: i64,
    },
    /// An address that is neither `sqlite:` nor `postgres:`.
    #[error("`{scheme}` is no database that is known here")]
    Scheme {
        /// What stands before the colon.
        scheme: String,
    },
    /// Anything else, a fault of ours.
    #[error("the database refused a statement")]
    Refused(#[source] Arc<sqlx::Error>),
}

impl From<sqlx::Error> for SqlError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Protocol(_) => {
                Self::Unavailable(Arc::new(error))
            }
            E::Database(refused) if refused.is_unique_violation() => Self::Unique,
            E::Database(refused) => match refused.code().as_deref() {
                // SQLite: SQLITE_BUSY and its kinds; PostgreSQL: serialisation failure, deadlock, lock not available.
                Some("5" | "261" | "517" | "773" | "40001" | "40P01" | "55P03") => Self::Busy,
                // SQLITE_FULL, SQLITE_IOERR_WRITE and _FSYNC; PostgreSQL: disk full.
                Some("13" | "778" | "1034" | "53100") => Self::Full(Arc::new(error)),
                // PostgreSQL: admin shutdown, crash shutdown, starting up, too many connections, read-only while failing over.
                // SQLite: SQLITE_CANTOPEN and its kinds, SQLITE_IOERR.
                Some("57P01" | "57P02" | "57P03" | "53300" | "25006" | "14" | "270" | "526" | "10" | "266") => {
                    Self::Unavailable(Arc::new(error))
                }
                Some("57014") => Self::TimedOut { seconds: 0 },
                _ => Self::Refused(Arc::new(error)),
            },
            _ => Self::Refused(Arc::new(error)),
        }
    }
}

impl ProductError for SqlError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unique | Self::Busy => ErrorKind::Conflict,
            Self::Unavailable(_) | Self::Unknown(_) | Self::Full(_) | Self::TimedOut { .. } => ErrorKind::Unavailable,
            Self::Scheme { .. } => ErrorKind::Invalid,
            Self::Aborted
            | Self::Unscoped { .. }
            | Self::MigrationChanged { .. }
            | Self::MigrationUnknown { .. }
            | Self::Refused(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unique => "sql.unique",
            Self::Busy => "sql.busy",
            Self::Unavailable(_) => "sql.unavailable",
            Self::Unknown(_) => "sql.unknown_outcome",
            Self::Full(_) => "sql.full",
            Self::TimedOut { .. } => "sql.timed_out",
            Self::Aborted => "sql.aborted",
            Self::Unscoped { .. } => "sql.unscoped",
            Self::MigrationChanged { .. } => "sql.migration_changed",
            Self::MigrationUnknown { .. } => "sql.migration_unknown",
            Self::Scheme { .. } => "sql.scheme",
            Self::Refused(_) => "sql.refused",
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::Busy => "try again",
            Self::Unavailable(_) => "see that the database runs and that `database.url` names it, then try again",
            Self::Unknown(_) => "ask again with the same idempotency key, or read what is there",
            Self::Full(_) => "make room on the disk of the database, then try again",
            Self::TimedOut { .. } => "try again; if it stays, raise `database.statement_timeout_ms`",
            Self::MigrationChanged { .. } => "run the version of the product that made this database",
            Self::MigrationUnknown { .. } => "run the newer version of the product that made this database",
            Self::Scheme { .. } => "write `sqlite:FILE` or `postgres://USER@HOST/DATABASE`",
            Self::Unique | Self::Aborted | Self::Unscoped { .. } | Self::Refused(_) => return None,
        };
        Some(text.to_owned())
    }
}
