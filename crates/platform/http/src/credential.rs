//! What a caller shows, and who it is found to be: the words between the gateway, which takes credentials out of requests,
//! and the context that knows users and keys.
//!
//! Absent on purpose: how a credential is checked, and where tokens and sessions live.

use std::{fmt, net::IpAddr, sync::Arc};

use axum::http::{HeaderMap, header};
use futures::future::BoxFuture;
use kernel::Actor;
use telemetry::Secret;

use crate::{Budget, Problem};

/// The cookie that holds a browser's session.
pub const SESSION_COOKIE: &str = "grayghost_session";

/// What a caller shows. It prints as stars.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The text after `Authorization: Bearer`: an access token, or an API key (`gg_…`).
    Bearer(Secret<String>),
    /// The value of [`SESSION_COOKIE`].
    Session(Secret<String>),
}

/// Who a credential belongs to.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// Workspace, who, and what they may.
    pub actor: Actor,
    /// Of a browser's session: what its `X-CSRF-Token` is bound to. It lives as long as the session and is told to nobody;
    /// its id or a hash of it, not the cookie itself. `None` for tokens and keys.
    pub session: Option<Arc<str>>,
    /// Whose requests are counted together: of a user all sessions and tokens, of a key the key alone. Not the credential
    /// itself, for it is a name in a store of limits.
    pub limit_key: Arc<str>,
}

/// Finds out whose a credential is. A refusal is of kind `Unauthenticated`; that a store does not answer is `Unavailable`.
pub type Authenticate = Arc<dyn Fn(Credential) -> BoxFuture<'static, Result<Authenticated, Problem>> + Send + Sync>;

/// Beside [`crate::Caller`], for an operation that recognises callers: what was shown, so that it can be looked at again while
/// a connection lasts, and whose requests it counts with.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// As it was shown.
    pub credential: Credential,
    /// As in [`Authenticated`].
    pub limit_key: Arc<str>,
}

/// Whose budget a request is taken from.
#[derive(Debug, Clone)]
pub enum Payer {
    /// Nobody known: the address it came from.
    Address(Option<IpAddr>),
    /// [`Authenticated::limit_key`].
    Caller(Arc<str>),
}

/// Takes one request from a budget, or refuses as the edge does: for what runs several operations in one request.
pub type Charge = Arc<dyn Fn(Budget, Payer) -> BoxFuture<'static, Result<(), Problem>> + Send + Sync>;

/// Of an answer, in its extensions: it holds a secret, so it is neither compressed nor tagged. For operations whose answers
/// only sometimes do; see [`crate::Operation::secret`].
#[derive(Debug, Clone, Copy)]
pub struct HoldsSecret;

impl Credential {
    /// Its text, for the one place that checks it.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Bearer(text) | Self::Session(text) => text.expose(),
        }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer(_) => "bearer ***",
            Self::Session(_) => "session ***",
        })
    }
}

/// The value of a cookie; of two with one name none, because a neighbouring domain may have planted either.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    let first = values.next()?;
    values.next().is_none().then_some(first)
}
