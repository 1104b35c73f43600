//! One entry of the audit: who did or tried what, on what, from where, when, and how it ended.
//!
//! Each entry is a stream of one event, so that entries are appended without waiting for each other and the log's hash chain
//! covers them: `grayghost events verify` finds a change. Where somebody came from is personal and sealed.

use contracts::identity::IdentityFact;
use kernel::{Aggregate, Event, Personal, typed_id};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

typed_id!(
    /// One entry.
    AuditId
);

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused; nothing was changed.
    Refused,
    /// It failed by a fault of ours, or something needed did not answer.
    Failed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "doc comments are part of the committed schemas; names say the rest")]
pub struct AuditRecord {
    /// `user:<id>`, `key:<id>`, `system`, or `stranger` for somebody who is not known.
    pub who: String,
    /// Name of the use case.
    pub action: String,
    /// What it was done to: a kind and an id, such as `member:<id>`.
    pub target: Option<String>,
    pub outcome: Outcome,
    /// Code of the refusal.
    pub reason: Option<String>,
    /// The address that it came from.
    pub address: Option<Personal<String>>,
    /// Microseconds since the epoch.
    pub at: i64,
}

/// The fact of the audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "doc comments are part of the committed schemas; the record tells the rest")]
pub enum AuditEvent {
    /// It was seen.
    Audited { entry: AuditRecord },
}

impl Event for AuditEvent {}

/// An entry has no state: nothing follows it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Audit {}

impl Aggregate for Audit {
    const STREAM: &'static str = "identity.audit";
    type Id = AuditId;
    type Event = AuditEvent;
    type Published = IdentityFact;

    fn apply(&mut self, _: &AuditEvent) {}

    fn publish(&self, _: &AuditEvent) -> Option<IdentityFact> {
        None
    }
}

#[cfg(test)]
mod tests {
    use kernel::SubjectId;

    use super::*;

    #[test]
    fn events_keep_to_their_published_schemas() {
        let entry = AuditRecord {
            who: "stranger".to_owned(),
            action: "sign_in".to_owned(),
            target: Some("member:1".to_owned()),
            outcome: Outcome::Refused,
            reason: Some("identity.bad_credentials".to_owned()),
            address: Some(Personal::of(SubjectId(kernel::uuid::Uuid::from_u128(1)), "203.0.113.7".to_owned())),
            at: 5,
        };
        testkit::schemas::check::<Audit>(env!("CARGO_MANIFEST_DIR"), &[AuditEvent::Audited { entry }]);
    }
}
