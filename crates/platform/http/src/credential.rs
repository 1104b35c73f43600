//! What a caller shows, and who it is found to be: the words between the gateway, which takes credentials out of requests,
//! and the context that knows users and keys.
//!
//! Absent on purpose: how a credential is checked, and where tokens and sessions live.

use std::{fmt, sync::Arc};

use futures::future::BoxFuture;
use kernel::Actor;
use telemetry::Secret;

use crate::Problem;

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
