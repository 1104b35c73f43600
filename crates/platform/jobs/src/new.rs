//! A job before it is stored.

use std::time::Duration;

use eventlog::Cause;
use kernel::{Timestamp, WorkspaceId};

use crate::{JobError, JobId, MAX_BYTES, Priority};

/// A job to be enqueued. Made by [`crate::Jobs::job`], which seals what is personal in its arguments.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub(crate) id: Option<JobId>,
    pub(crate) workspace: WorkspaceId,
    pub(crate) kind: String,
    pub(crate) args: Vec<u8>,
    pub(crate) priority: Priority,
    pub(crate) due: Due,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) unique: Option<Unique>,
    pub(crate) cause: Cause,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Due {
    Now,
    After(Duration),
    At(Timestamp),
}

/// At most one job of a kind and workspace with this key. Keys are not sealed: no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unique {
    pub(crate) key: String,
    pub(crate) within: Option<Duration>,
}

impl Unique {
    /// Until the job has ended.
    #[must_use]
    pub fn while_live(key: impl Into<String>) -> Self {
        Self { key: key.into(), within: None }
    }

    /// Until the job has ended and this long after it was enqueued.
    #[must_use]
    pub fn within(key: impl Into<String>, period: Duration) -> Self {
        Self { key: key.into(), within: Some(period) }
    }
}

impl NewJob {
    /// A job whose arguments are JSON already, personal fields sealed.
    ///
    /// # Errors
    /// [`JobError::TooLarge`].
    pub fn of_json(workspace: WorkspaceId, kind: impl Into<String>, args: Vec<u8>) -> Result<Self, JobError> {
        let kind = kind.into();
        if args.len() > MAX_BYTES {
            return Err(JobError::TooLarge { what: "arguments", kind, size_bytes: args.len() });
        }
        let (priority, due, cause) = (Priority::default(), Due::Now, Cause::default());
        Ok(Self { id: None, workspace, kind, args, priority, due, max_attempts: None, unique: None, cause })
    }

    /// An id chosen by the caller, e.g. made from the fact that it follows from: enqueued again, nothing happens.
    #[must_use]
    pub fn with_id(self, id: JobId) -> Self {
        Self { id: Some(id), ..self }
    }

    /// What runs first.
    #[must_use]
    pub fn priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Not before this long after it was enqueued.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { due: Due::After(delay), ..self }
    }

    /// Not before this moment.
    #[must_use]
    pub fn at(self, moment: Timestamp) -> Self {
        Self { due: Due::At(moment), ..self }
    }

    /// Another number of attempts than the handler's; at least one is made.
    #[must_use]
    pub fn max_attempts(self, most: u32) -> Self {
        Self { max_attempts: Some(most), ..self }
    }

    /// Only if there is none like it.
    #[must_use]
    pub fn unique(self, unique: Unique) -> Self {
        Self { unique: Some(unique), ..self }
    }

    /// What it follows from; its handler passes it on.
    #[must_use]
    pub fn caused_by(self, cause: Cause) -> Self {
        Self { cause, ..self }
    }
}

/// What became of a job that was enqueued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// It is stored.
    New(JobId),
    /// There was one with the same id or the same key; this is the one.
    Existing(JobId),
}

impl Enqueued {
    /// Of the job that is there now.
    #[must_use]
    pub fn id(self) -> JobId {
        match self {
            Self::New(id) | Self::Existing(id) => id,
        }
    }
}

pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// So long after, at most at the end of time.
pub(crate) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    Timestamp(now.0.saturating_add(micros(wait)))
}
