//! Refresh tokens: opaque to their bearer, made anew by a keyed hash instead of being stored.
//!
//! A session has a secret `seed` and counts its generations. The token of a generation is the session's id, the generation,
//! and HMAC-SHA-256 over both and the seed, with a key that only the key ring has. So nothing in the database is a token
//! or opens one; the successor that a lost answer held can be given again; and a token of an earlier generation is told from a
//! forged one: the first revokes the family, the second only is refused.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto::LookupKey;
use identity_model::SessionId;
use telemetry::Secret;
use uuid::Uuid;

/// Purpose of the look-up key that makes them.
pub const PURPOSE: &str = "identity.refresh";

const BYTES: usize = 16 + 4 + 32;

/// A refresh token, read but not yet believed.
#[derive(Debug)]
pub struct Refresh {
    /// The session that it names.
    pub session: SessionId,
    /// Which of the session's tokens it says to be.
    pub generation: u32,
    tag: [u8; 32],
}

impl Refresh {
    /// The token of a generation.
    #[must_use]
    pub fn make(key: &LookupKey, session: SessionId, generation: u32, seed: &[u8]) -> Secret<String> {
        let tag = tag(key, session, generation, seed);
        let bytes = [&session.0.as_bytes()[..], &generation.to_be_bytes(), &tag].concat();
        Secret::new(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a text says; `None` for a text of another form.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > 2 * BYTES {
            return None;
        }
        let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let session = SessionId(Uuid::from_slice(&bytes[..16]).ok()?);
        let generation = u32::from_be_bytes(bytes[16..20].try_into().ok()?);
        Some(Self { session, generation, tag: bytes[20..].try_into().ok()? })
    }

    /// Whether we have made it.
    #[must_use]
    pub fn is_ours(&self, key: &LookupKey, seed: &[u8]) -> bool {
        let expected = tag(key, self.session, self.generation, seed);
        // All bytes are looked at, so that the time tells nothing of how many were right.
        expected.iter().zip(&self.tag).fold(0, |unlike, (a, b)| unlike | (a ^ b)) == 0
    }
}

fn tag(key: &LookupKey, session: SessionId, generation: u32, seed: &[u8]) -> [u8; 32] {
    key.tag(&[&session.0.as_bytes()[..], &generation.to_be_bytes(), seed].concat())
}
