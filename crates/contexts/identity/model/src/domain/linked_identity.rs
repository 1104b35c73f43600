//! A person at a provider, linked to an account. One stream each, in the workspace [`crate::INSTALLATION`].
//!
//! Invariants: a link is made once and ends once; which person it is at the provider is sealed under the account's own subject.

use contracts::identity::IdentityFact;
use kernel::{Aggregate, Event, Personal, UserId, typed_id};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

typed_id!(
    /// One link of an account to a person at a provider.
    LinkedIdentityId
);

/// A fact of a link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "doc comments are part of the committed schemas; names say the rest")]
pub enum LinkedIdentityEvent {
    /// This person signs in to that account.
    IdentityLinked {
        user: UserId,
        /// Name of the provider at that time.
        provider: String,
        /// Who knows the person by `subject`.
        issuer: String,
        subject: Personal<String>,
    },
    /// They do not any more.
    IdentityUnlinked,
}

impl Event for LinkedIdentityEvent {}

/// A link as its events tell it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LinkedIdentity {
    /// Whose; `None` before it is made and after it has ended.
    user: Option<UserId>,
}

impl LinkedIdentity {
    /// Makes it, under an id that nothing has.
    pub fn link(
        &self,
        user: UserId,
        (provider, issuer): (String, String),
        subject: Personal<String>,
    ) -> Vec<LinkedIdentityEvent> {
        if self.user.is_some() {
            return vec![];
        }
        vec![LinkedIdentityEvent::IdentityLinked { user, provider, issuer, subject }]
    }

    /// Ends it; `None` where it is not this user's.
    pub fn unlink(&self, user: UserId) -> Option<Vec<LinkedIdentityEvent>> {
        (self.user == Some(user)).then(|| vec![LinkedIdentityEvent::IdentityUnlinked])
    }
}

impl Aggregate for LinkedIdentity {
    const STREAM: &'static str = "identity.linked";
    type Id = LinkedIdentityId;
    type Event = LinkedIdentityEvent;
    type Published = IdentityFact;

    fn apply(&mut self, event: &LinkedIdentityEvent) {
        self.user = match event {
            LinkedIdentityEvent::IdentityLinked { user, .. } => Some(*user),
            LinkedIdentityEvent::IdentityUnlinked => None,
        };
    }

    fn publish(&self, _: &LinkedIdentityEvent) -> Option<IdentityFact> {
        None
    }
}

#[cfg(test)]
mod tests {
    use kernel::SubjectId;

    use super::*;

    fn id(number: u128) -> UserId {
        UserId(kernel::uuid::Uuid::from_u128(number))
    }

    fn linked() -> LinkedIdentityEvent {
        let subject = Personal::of(SubjectId(id(7).0), "248289761001".to_owned());
        let (provider, issuer) = ("idp".to_owned(), "https://idp.example.com".to_owned());
        LinkedIdentityEvent::IdentityLinked { user: id(7), provider, issuer, subject }
    }

    #[test]
    fn a_link_is_ended_once_and_by_whose_it_is() {
        let mut link = LinkedIdentity::default();
        assert_eq!(link.unlink(id(7)), None);
        link.apply(&linked());
        let about = Personal::of(SubjectId(id(8).0), "x".to_owned());
        assert_eq!(link.link(id(8), (String::new(), String::new()), about), [], "it is somebody's");
        assert_eq!(link.unlink(id(8)), None);
        assert_eq!(link.unlink(id(7)), Some(vec![LinkedIdentityEvent::IdentityUnlinked]));
        link.apply(&LinkedIdentityEvent::IdentityUnlinked);
        assert_eq!(link.unlink(id(7)), None);
    }

    #[test]
    fn events_keep_to_their_published_schemas() {
        let examples = [linked(), LinkedIdentityEvent::IdentityUnlinked];
        testkit::schemas::check::<LinkedIdentity>(env!("CARGO_MANIFEST_DIR"), &examples);
    }
}
