//! What handlers are told of a request beside its content: what joins it with logs and traces, and whether it may come again.

use std::{convert::Infallible, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};

/// Joins a request with the lines of the log, with the facts that it leads to, and with the caller's own trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correlation {
    /// `X-Request-Id`, the caller's or ours; `None` below no gateway.
    pub request_id: Option<Arc<str>>,
    /// `traceparent` of the caller, when it is one (W3C Trace Context).
    pub traceparent: Option<Arc<str>>,
}

impl<S: Sync> FromRequestParts<S> for Correlation {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// A request that may come again, by its `Idempotency-Key`: what a command needs to be done once, also when the process ended
/// between the command's commit and the answer. Both parts go into `eventlog::Once` as they are.
///
/// An operation whose command takes it is declared with [`crate::Operation::once`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeatable {
    /// Of this caller, operation and `Idempotency-Key`; a keyed hash, so that it tells nothing.
    pub key: String,
    /// Of path, query and body; a keyed hash.
    pub fingerprint: [u8; 32],
}

/// [`Repeatable`] as handlers take it: `None` where the caller sent no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated(pub Option<Repeatable>);

impl<S: Sync> FromRequestParts<S> for Repeated {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Repeatable>().cloned()))
    }
}
