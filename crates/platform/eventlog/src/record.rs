//! An event as it is stored.

use kernel::{Timestamp, WorkspaceId, typed_id};
use sql::{Row, SqlError};
use uuid::Uuid;

typed_id!(
    /// One event. Consumers are idempotent by it.
    EventId
);

/// The columns of [`Recorded`], for a table named `e`.
pub(crate) const COLUMNS: &str = "e.workspace_id, e.stream, e.version, e.event_id, e.type, e.schema_version, e.payload, \
     e.fact_type, e.fact, e.actor, e.correlation_id, e.causation_id, e.traceparent, e.occurred_at, e.recorded_at";

/// An event with the exact bytes that were stored. Personal fields in it are sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Dense place in the whole log; 0 until it is sealed. A token for everyone outside of the log.
    pub position: u64,
    /// Whose.
    pub workspace: WorkspaceId,
    /// `context.aggregate.id`.
    pub stream: String,
    /// Counts from 1 within the stream.
    pub version: u64,
    /// Its id.
    pub event_id: EventId,
    /// What happened, as its first member says.
    pub kind: String,
    /// The shape that its payload has.
    pub schema_version: u16,
    /// JSON.
    pub payload: Vec<u8>,
    /// What the other contexts hear of it: its type and its JSON. `None` where it is private.
    pub fact: Option<(String, Vec<u8>)>,
    /// Who did it: `user:<id>` or `system`.
    pub actor: String,
    /// Names the whole process that it is part of.
    pub correlation_id: Uuid,
    /// The event that caused it.
    pub causation_id: Option<EventId>,
    /// W3C trace context of the request.
    pub traceparent: Option<String>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was stored.
    pub recorded_at: Timestamp,
}

/// Why something happens: what it belongs to and what came before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cause {
    /// Names the process; a new one begins without.
    pub correlation_id: Option<Uuid>,
    /// The event before.
    pub causation_id: Option<EventId>,
    /// W3C trace context.
    pub traceparent: Option<String>,
}

impl Cause {
    /// What follows from an event belongs to its process.
    #[must_use]
    pub fn of(event: &Recorded) -> Self {
        Self {
            correlation_id: Some(event.correlation_id),
            causation_id: Some(event.event_id),
            traceparent: event.traceparent.clone(),
        }
    }
}

impl Recorded {
    /// `context.aggregate`: the stream's name without the instance.
    #[must_use]
    pub fn category(&self) -> &str {
        self.stream.rsplit_once('.').map_or(self.stream.as_str(), |(category, _)| category)
    }

    /// The instance: what follows the last dot.
    #[must_use]
    pub fn instance(&self) -> &str {
        self.stream.rsplit_once('.').map_or("", |(_, instance)| instance)
    }

    /// Reads [`COLUMNS`], the first of which stands at `at`.
    pub(crate) fn read(row: &Row, at: usize, position: u64) -> Result<Self, SqlError> {
        let fact = match (row.get::<Option<String>>(at + 7)?, row.get::<Option<Vec<u8>>>(at + 8)?) {
            (Some(kind), Some(fact)) => Some((kind, fact)),
            _ => None,
        };
        Ok(Self {
            position,
            workspace: row.id(at)?,
            stream: row.get(at + 1)?,
            version: row.count(at + 2)?,
            event_id: row.id(at + 3)?,
            kind: row.get(at + 4)?,
            schema_version: u16::try_from(row.get::<i64>(at + 5)?).unwrap_or(u16::MAX),
            payload: row.get(at + 6)?,
            fact,
            actor: row.get(at + 9)?,
            correlation_id: row.get(at + 10)?,
            causation_id: row.get::<Option<Uuid>>(at + 11)?.map(EventId),
            traceparent: row.get(at + 12)?,
            occurred_at: row.get(at + 13)?,
            recorded_at: row.get(at + 14)?,
        })
    }
}
