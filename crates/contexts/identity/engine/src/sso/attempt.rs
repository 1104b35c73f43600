//! One attempt at signing in: what is random about it.
//!
//! `state` goes to the provider and comes back through the browser; `verifier` stays with who began the attempt and proves that
//! it is they who finish it (login CSRF). The nonce and the PKCE verifier are keyed hashes over both, so that neither is stored,
//! and who knows one of the two secrets knows nothing.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto::LookupKey;
use kernel::Chance;
use telemetry::Secret;

use crate::Link;

/// The secrets of one attempt.
#[derive(Debug)]
pub struct Attempt {
    /// Goes around by the provider.
    pub state: Secret<String>,
    /// Stays with who began it.
    pub verifier: Secret<String>,
    /// SHA-256 of `state`, as it is stored.
    pub state_hash: Vec<u8>,
    /// SHA-256 of `verifier`, as it is stored.
    pub verifier_hash: Vec<u8>,
    pub(super) nonce: Secret<String>,
    /// 43 characters, as RFC 7636, 4.1 wants them.
    pub(super) pkce: Secret<String>,
}

impl Attempt {
    /// Purpose of the look-up key.
    pub const PURPOSE: &'static str = "identity.sso";

    /// A new one.
    #[must_use]
    pub fn make(key: &LookupKey, chance: &dyn Chance) -> Self {
        let ((state, state_link), (verifier, verifier_link)) = (Link::make(chance), Link::make(chance));
        Self::of(key, (state, state_link), (verifier, verifier_link))
    }

    /// The one of these secrets; `None` for texts of another form.
    #[must_use]
    pub fn read(key: &LookupKey, state: &str, verifier: &str) -> Option<Self> {
        let of = |text: &str| Some((Secret::new(text.to_owned()), Link::read(text)?));
        Some(Self::of(key, of(state)?, of(verifier)?))
    }

    fn of(
        key: &LookupKey,
        (state, state_link): (Secret<String>, Link),
        (verifier, link): (Secret<String>, Link),
    ) -> Self {
        // Hashes have one length, so that no two attempts give the same bytes.
        let derived = |label: &[u8]| {
            let tag = key.tag(&[label, &state_link.hash[..], &link.hash].concat());
            Secret::new(URL_SAFE_NO_PAD.encode(tag))
        };
        let (nonce, pkce) = (derived(b"nonce"), derived(b"pkce"));
        Self { state, verifier, state_hash: state_link.hash, verifier_hash: link.hash, nonce, pkce }
    }
}
