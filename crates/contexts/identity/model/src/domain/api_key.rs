//! One API key: issued once, revoked once. When it was last used is no fact; a table keeps it.

use contracts::identity::IdentityFact;
use kernel::{Aggregate, Event, KeyId, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fact of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "doc comments are part of the committed schemas; names say the rest")]
pub enum ApiKeyEvent {
    /// Somebody holds it now.
    KeyIssued {
        key: KeyId,
        name: String,
        role: String,
        /// SHA-256 of the secret, in hexadecimal digits: the secret has 256 bits of chance, so that it needs no salt.
        hash: String,
        /// Microseconds since the epoch; `None` for one that does not end.
        expires_at: Option<i64>,
        by: Option<UserId>,
    },
    /// It may not be used any more.
    KeyRevoked,
}

impl Event for ApiKeyEvent {}

/// A key as its events tell it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ApiKey {
    id: Option<KeyId>,
    revoked: bool,
}

impl ApiKey {
    /// Issues it by [`ApiKeyEvent::KeyIssued`]; an id that was issued changes nothing.
    pub fn issue(&self, issued: ApiKeyEvent) -> Vec<ApiKeyEvent> {
        if self.id.is_none() { vec![issued] } else { vec![] }
    }

    /// `None` where there is no such key.
    pub fn revoke(&self) -> Option<Vec<ApiKeyEvent>> {
        self.id.map(|_| if self.revoked { vec![] } else { vec![ApiKeyEvent::KeyRevoked] })
    }
}

impl Aggregate for ApiKey {
    const STREAM: &'static str = "identity.api_key";
    type Id = KeyId;
    type Event = ApiKeyEvent;
    type Published = IdentityFact;

    fn apply(&mut self, event: &ApiKeyEvent) {
        match event {
            ApiKeyEvent::KeyIssued { key, .. } => self.id = Some(*key),
            ApiKeyEvent::KeyRevoked => self.revoked = true,
        }
    }

    fn publish(&self, event: &ApiKeyEvent) -> Option<IdentityFact> {
        match event {
            ApiKeyEvent::KeyIssued { .. } => None,
            ApiKeyEvent::KeyRevoked => Some(IdentityFact::KeyRevoked { key: self.id? }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued() -> ApiKeyEvent {
        let key = KeyId(kernel::uuid::Uuid::from_u128(7));
        let (name, role, hash) = ("nightly".to_owned(), "api_user".to_owned(), "00".repeat(32));
        ApiKeyEvent::KeyIssued { key, name, role, hash, expires_at: Some(5), by: None }
    }

    #[test]
    fn a_key_is_issued_once_and_revoked_once() {
        let mut key = ApiKey::default();
        assert_eq!((key.revoke(), key.issue(issued())), (None, vec![issued()]));
        key.apply(&issued());
        assert_eq!((key.issue(issued()), key.revoke()), (vec![], Some(vec![ApiKeyEvent::KeyRevoked])));
        key.apply(&ApiKeyEvent::KeyRevoked);
        assert_eq!(key.revoke(), Some(vec![]));
    }

    #[test]
    fn events_keep_to_their_published_schemas() {
        testkit::schemas::check::<ApiKey>(env!("CARGO_MANIFEST_DIR"), &[issued(), ApiKeyEvent::KeyRevoked]);
    }
}
