//! Whether the caller of a long answer may still have it: tokens end, members are removed, permissions are taken away.
//!
//! Invariant: nobody is believed for longer than a look. Below no gateway nobody can be asked for again, so a stream ends at its
//! first look.

use std::{convert::Infallible, fmt, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use futures::future::BoxFuture;

use crate::{HttpError, Problem};

/// Asks again.
pub(crate) type Look = Arc<dyn Fn() -> BoxFuture<'static, Result<(), Problem>> + Send + Sync>;

/// Asks whether the caller of a request may still do what it asked for, as if it asked anew.
#[derive(Clone, Default)]
pub struct Standing(Option<Look>);

impl Standing {
    /// By asking this.
    #[must_use]
    pub fn by(look: impl Fn() -> BoxFuture<'static, Result<(), Problem>> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(look)))
    }

    /// Whether the caller still may.
    ///
    /// # Errors
    /// The refusal that a new request would get; [`HttpError::NobodyKnown`] below no gateway.
    pub async fn check(&self) -> Result<(), Problem> {
        match &self.0 {
            Some(look) => look().await,
            None => Err(HttpError::NobodyKnown.into()),
        }
    }
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Standing")
    }
}

impl<S: Sync> FromRequestParts<S> for Standing {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
