//! Why an answer, a token or a lock could not be had.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use kernel::{ErrorKind, ProductError};

/// Why a load failed: the loader's own error, shared by everyone who waits for it.
#[derive(Clone)]
pub struct LoadError(Arc<dyn ProductError + Send + Sync>);

impl LoadError {
    /// Shares `error`.
    pub fn new(error: impl ProductError + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }
}

impl fmt::Debug for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for LoadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// Every way in which the three ports fail. Clones share their cause.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// The loader's error, unchanged.
    #[error(transparent)]
    Load(LoadError),
    /// The load took too long; it was given up.
    #[error("could not load `{name}` for the cache within {limit:?}")]
    LoadTimedOut {
        /// Of the key.
        name: Arc<str>,
        /// How long it had.
        limit: Duration,
    },
    /// The load panicked, or its runtime ended.
    #[error("could not load `{name}` for the cache: the load ended without an answer")]
    LoadLost {
        /// Of the key.
        name: Arc<str>,
    },
    /// A cached value is not of the form that was asked for, or a loaded one has no such form.
    #[error("could not convert the cached value `{name}`")]
    Undecodable {
        /// Of the key.
        name: Arc<str>,
        /// What the decoder said.
        source: Arc<serde_json::Error>,
    },
    /// A rate that cannot be kept.
    #[error("could not set a limit of {count} in {period:?} with bursts of {burst}")]
    BadLimit {
        /// How many.
        count: u32,
        /// In which time.
        period: Duration,
        /// How many at once.
        burst: u32,
    },
    /// The lease ended, or somebody else holds the lock.
    #[error("could not keep the lock `{name}`: the lease ended")]
    LockLost {
        /// Of the lock.
        name: Arc<str>,
    },
    /// As many locks are held as there is room for.
    #[error("could not take the lock `{name}`: {held} locks are held")]
    TooManyLocks {
        /// Of the lock.
        name: Arc<str>,
        /// How many are held.
        held: usize,
    },
    /// The server behind the port does not answer.
    #[error("could not reach the {port}")]
    Unreachable {
        /// `cache`, `limits` or `locks`.
        port: &'static str,
        /// What the adapter said.
        source: Arc<dyn Error + Send + Sync>,
    },
}

impl ProductError for CacheError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Load(error) => error.0.kind(),
            Self::LoadTimedOut { .. } | Self::TooManyLocks { .. } | Self::Unreachable { .. } => ErrorKind::Unavailable,
            Self::LoadLost { .. } | Self::Undecodable { .. } => ErrorKind::Internal,
            Self::BadLimit { .. } => ErrorKind::Invalid,
            Self::LockLost { .. } => ErrorKind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Load(error) => error.0.code(),
            Self::LoadTimedOut { .. } => "cache.load_timed_out",
            Self::LoadLost { .. } => "cache.load_lost",
            Self::Undecodable { .. } => "cache.undecodable",
            Self::BadLimit { .. } => "cache.bad_limit",
            Self::LockLost { .. } => "cache.lock_lost",
            Self::TooManyLocks { .. } => "cache.too_many_locks",
            Self::Unreachable { .. } => "cache.unreachable",
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Load(error) => error.0.place(),
            _ => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::Load(error) => return error.0.remedy(),
            Self::LoadTimedOut { .. } | Self::TooManyLocks { .. } => "try again later",
            Self::LoadLost { .. } => "look for the panic in the log and report it",
            Self::Undecodable { .. } => "try again: the value was dropped and is loaded afresh",
            Self::BadLimit { .. } => {
                "give a count and a burst above zero, at most 10000 a second, and a burst that fills within a year"
            }
            Self::LockLost { .. } => "start the work again; what was done under the lost lock is refused by its token",
            Self::Unreachable { .. } => "check that the server is running and reachable",
        };
        Some(text.to_owned())
    }
}
