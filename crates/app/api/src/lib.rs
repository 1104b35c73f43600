//! Jobs, events and dead letters over HTTP: what belongs to no context.
//!
//! Invariants: each operation is bound to the workspace of its caller and checks its permission itself, whatever stands before
//! it; personal fields are shown sealed.

mod dead_letters;
mod error;
mod events;
mod form;
mod jobs;
mod live;

use ::jobs::Jobs;
use bus::DeadLetters;
use eventlog::EventLog;
use http_edge::Operation;

pub use error::ApiError;
pub use jobs::JobProgress;
pub use live::{Live, LiveLimits, Told};

/// What the operations ask.
#[derive(Debug, Clone)]
pub struct Spine {
    /// Facts.
    pub log: EventLog,
    /// The queue.
    pub jobs: Jobs,
    /// Facts that could not be delivered.
    pub letters: DeadLetters,
    /// Who listens to jobs at present.
    pub live: Live,
}

impl Spine {
    /// The spine of this log.
    #[must_use]
    pub fn of(log: &EventLog, jobs: &Jobs) -> Self {
        Self { log: log.clone(), jobs: jobs.clone(), letters: DeadLetters::of(log), live: Live::default() }
    }

    /// All of its operations.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        [jobs::operations(self), events::operations(self), dead_letters::operations(self)].concat()
    }
}
