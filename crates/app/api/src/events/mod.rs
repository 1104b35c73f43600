//! The event log of a workspace.

mod list_events;
mod show_event;

use eventlog::Recorded;
use http_edge::Operation;
use kernel::{Actor, Permission};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{Spine, form::stored};

pub(crate) fn operations(spine: &Spine) -> Vec<Operation> {
    vec![list_events::operation(spine), show_event::operation(spine)]
}

/// Streams that have a permission of their own: who may read events sees them only with it.
const GUARDED: [(&str, Permission); 2] =
    [("identity.audit", Permission::AuditRead), ("identity.api_key", Permission::KeysManage)];

fn may_see(actor: &Actor, stream: &str) -> bool {
    let guard = GUARDED.iter().find(|(kind, _)| stream.strip_prefix(kind).is_some_and(|rest| rest.starts_with('.')));
    guard.is_none_or(|(_, permission)| actor.require(*permission).is_ok())
}

/// An event as the API shows it. Its place in the log is not told: outside of the log it is a token.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub(crate) struct EventForm {
    /// Its id.
    id: eventlog::EventId,
    /// What it is about, `context.aggregate.id`.
    stream: String,
    /// Counts from 1 within the stream.
    version: u64,
    /// What happened.
    #[serde(rename = "type")]
    kind: String,
    /// The shape of its payload.
    schema_version: u16,
    /// What happened, in full; personal fields are sealed.
    payload: Value,
    /// The type of what other contexts hear of it; `null` where it is private.
    fact_type: Option<String>,
    /// Who did it: `user:…`, `key:…` or `system`.
    actor: String,
    /// Names the process that it is part of.
    correlation_id: String,
    /// The event that caused it.
    causation_id: Option<eventlog::EventId>,
    /// When it happened.
    occurred_at: String,
    /// When it was stored.
    recorded_at: String,
}

impl From<Recorded> for EventForm {
    fn from(event: Recorded) -> Self {
        Self {
            id: event.event_id,
            stream: event.stream,
            version: event.version,
            kind: event.kind,
            schema_version: event.schema_version,
            payload: stored(&event.payload),
            fact_type: event.fact.map(|(kind, _)| kind),
            actor: event.actor,
            correlation_id: event.correlation_id.to_string(),
            causation_id: event.causation_id,
            occurred_at: event.occurred_at.to_string(),
            recorded_at: event.recorded_at.to_string(),
        }
    }
}
