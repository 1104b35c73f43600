//! Proof that a page of ours asks, for the sessions of browsers, which send their cookie whoever asks.
//!
//! A signed double submit (OWASP, "Cross-Site Request Forgery Prevention", "Signed Double-Submit Cookie"): a cookie that our
//! pages can read and others cannot, sent back as a header. It is chance and an HMAC over the session and the chance, so that
//! neither a cookie planted by a neighbouring domain nor the token of another session is taken.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http_edge::cookie;
use kernel::Chance;
use ring::hmac;

use crate::GatewayError;

/// The cookie that pages read.
pub(crate) const CSRF_COOKIE: &str = "grayghost_csrf";
/// The header in which they send it back.
pub(crate) const X_CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");
const SALT: usize = 16;
const TAG: usize = 32;

/// Makes and checks tokens.
pub(crate) struct Csrf {
    key: hmac::Key,
    chance: Arc<dyn Chance>,
}

impl Csrf {
    pub(crate) fn new(key: &[u8; 32], chance: Arc<dyn Chance>) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key), chance }
    }

    /// The `Set-Cookie` that a session needs before it can write; `None` when it has one already.
    pub(crate) fn cookie_for(&self, session: &str, headers: &HeaderMap) -> Option<HeaderValue> {
        if cookie(headers, CSRF_COOKIE).is_some_and(|token| self.is_of(session, token)) {
            return None;
        }
        let mut token = [0; SALT + TAG];
        let (salt, tag) = token.split_at_mut(SALT);
        self.chance.fill(salt);
        tag.copy_from_slice(hmac::sign(&self.key, &said(session, salt)).as_ref());
        let text = format!("{CSRF_COOKIE}={}; Path=/; SameSite=Strict", URL_SAFE_NO_PAD.encode(token));
        HeaderValue::try_from(text).ok()
    }

    /// # Errors
    /// [`GatewayError::Csrf`] unless header and cookie are the same token, and it is this session's.
    pub(crate) fn check(&self, session: &str, headers: &HeaderMap) -> Result<(), GatewayError> {
        let sent = headers.get(X_CSRF_TOKEN).and_then(|value| value.to_str().ok());
        let proved = match (sent, cookie(headers, CSRF_COOKIE)) {
            // Comparing in plain time tells nothing: whoever measures it sends both texts.
            (Some(sent), Some(kept)) => sent == kept && self.is_of(session, sent),
            _ => false,
        };
        if proved { Ok(()) } else { Err(GatewayError::Csrf) }
    }

    fn is_of(&self, session: &str, token: &str) -> bool {
        let Ok(token) = URL_SAFE_NO_PAD.decode(token) else { return false };
        token.len() == SALT + TAG && hmac::verify(&self.key, &said(session, &token[..SALT]), &token[SALT..]).is_ok()
    }
}

/// The salt has one length, so that no two pairs say the same.
fn said(session: &str, salt: &[u8]) -> Vec<u8> {
    [b"csrf", salt, session.as_bytes()].concat()
}
