//! Read models of identity's facts, each written in the transaction of the fact. What is personal stays sealed in them.

mod api_keys;
mod audit_list;
mod linked_identities;
mod users;
mod workspaces;

pub(crate) use api_keys::ApiKeys;
pub(crate) use audit_list::AuditList;
pub(crate) use linked_identities::{LINKED_PURPOSE, LinkedIdentities, linked_as};
pub(crate) use users::{EMAIL_PURPOSE, Users};
pub(crate) use workspaces::Workspaces;

use eventlog::{LogError, Recorded};

/// A member of an event as it was stored: what is personal in it is still sealed.
fn sealed(event: &Recorded, member: &str) -> Result<String, LogError> {
    let json = |source| LogError::Json { stream: event.stream.clone(), source };
    let payload: serde_json::Value = serde_json::from_slice(&event.payload).map_err(json)?;
    Ok(payload.get(member).map(ToString::to_string).unwrap_or_default())
}

/// The instance of an event's stream.
fn instance(event: &Recorded) -> uuid::Uuid {
    event.instance().parse().unwrap_or_default()
}
