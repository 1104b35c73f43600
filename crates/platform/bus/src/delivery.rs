//! A fact as a handler gets it.

use std::fmt;

use eventlog::{Cause, EventId, EventLog, LogError, Recorded};
use kernel::WorkspaceId;
use serde::de::DeserializeOwned;

use crate::Receipt;

/// One attempt to have one fact handled.
pub struct Delivery {
    pub(crate) log: EventLog,
    pub(crate) event: Recorded,
    pub(crate) attempt: u32,
    pub(crate) receipt: Receipt,
}

impl Delivery {
    /// The event's id: handlers are idempotent by it, e.g. as the key of an idempotent command ([`eventlog::Once`]).
    #[must_use]
    pub fn event_id(&self) -> EventId {
        self.event.event_id
    }

    /// Whose.
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.event.workspace
    }

    /// The stream, `context.aggregate.id`.
    #[must_use]
    pub fn stream(&self) -> &str {
        &self.event.stream
    }

    /// Its version. Those between two deliveries are private events, and facts that the subscriber does not hear.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.event.version
    }

    /// The fact's type.
    #[must_use]
    pub fn fact_type(&self) -> &str {
        self.event.fact.as_ref().map_or("", |(fact_type, _)| fact_type)
    }

    /// The fact as JSON, personal fields sealed. As it was edited, where a dead letter was.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.event.fact.as_ref().map_or(&[], |(_, fact)| fact)
    }

    /// Reads the fact, personal fields opened as far as their keys are there.
    ///
    /// # Errors
    /// [`LogError::Json`] when the fact is no `F`, [`LogError::Crypto`].
    pub async fn open<F: DeserializeOwned>(&self) -> Result<F, LogError> {
        self.log.open_json(self.event.workspace, self.payload()).await
    }

    /// Counts from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// What follows from this fact belongs to its process.
    #[must_use]
    pub fn cause(&self) -> Cause {
        Cause::of(&self.event)
    }

    /// The whole event.
    #[must_use]
    pub fn event(&self) -> &Recorded {
        &self.event
    }

    /// The log that it comes from, and the database of what the handler writes.
    #[must_use]
    pub fn log(&self) -> &EventLog {
        &self.log
    }

    /// The right to handle the fact once, for the transaction of what the handler writes.
    #[must_use]
    pub fn receipt(&self) -> Receipt {
        self.receipt.clone()
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("event_id", &self.event.event_id)
            .field("stream", &self.event.stream)
            .field("version", &self.event.version)
            .field("fact_type", &self.fact_type())
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
