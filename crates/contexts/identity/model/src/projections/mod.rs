//! Read models of identity's facts, each written in the transaction of the fact. What is personal stays sealed in them.

mod api_keys;
mod audit_list;
mod linked_identities;
mod users;
mod workspaces;

use std::sync::Arc;

use eventlog::{LogError, Projection, Recorded};

use api_keys::ApiKeys;
use audit_list::AuditList;
use linked_identities::LinkedIdentities;
use users::Users;
use workspaces::Workspaces;

pub use linked_identities::{LINKED_PURPOSE, linked_as};
pub use users::EMAIL_PURPOSE;

/// All of them, to be mounted where a fact and its read model are one transaction.
#[must_use]
pub fn projections() -> Vec<Arc<dyn Projection>> {
    vec![Arc::new(Users), Arc::new(Workspaces), Arc::new(ApiKeys), Arc::new(AuditList), Arc::new(LinkedIdentities)]
}

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
