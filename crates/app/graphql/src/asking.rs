//! One document on its way: who asks, what may be called, and what was loaded for it already.

use std::{fmt, sync::Arc, time::Duration};

use async_graphql::dataloader::{DataLoader, HashMapCache};
use futures::future::BoxFuture;
use serde_json::Value;
use tracing::Instrument as _;

use crate::{
    asker::Asker,
    handler::{Bounds, Edge, Given},
    links::{Follower, Found, Key},
    model::{Model, Served},
    refusal::Refusal,
};

/// What the fields of one document share.
pub(crate) struct Asking {
    pub(crate) model: Arc<Model>,
    pub(crate) edge: Edge,
    pub(crate) asker: Asker,
    pub(crate) bounds: Bounds,
    /// How often the credential behind a stream is looked at.
    pub(crate) recheck: Duration,
}

impl Asking {
    /// Calls an operation as the caller of this document.
    pub(crate) async fn call(&self, served: &Served, given: Given) -> Result<Value, Refusal> {
        let answer = served.handler.json(&self.edge, &self.asker, given, self.bounds).await;
        answer.map_err(|refusal| self.named(refusal))
    }

    pub(crate) fn named(&self, refusal: Refusal) -> Refusal {
        refusal.with_request(self.asker.request_id())
    }
}

/// What was loaded for one document.
pub(crate) struct Loaded(DataLoader<Follower, HashMapCache>);

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Loaded")
    }
}

impl Loaded {
    /// Of a mutation nothing is kept from one field to the next, which would show what was before it.
    pub(crate) fn new(asking: Arc<Asking>, keeps: bool) -> Self {
        let spawn = |loading: BoxFuture<'static, ()>| tokio::spawn(loading.in_current_span());
        let loader = DataLoader::with_cache(Follower(asking), spawn, HashMapCache::default());
        loader.enable_all_cache(keeps);
        Self(loader)
    }

    pub(crate) async fn load(&self, key: Key) -> Found {
        match self.0.load_one(key).await {
            Ok(found) => found.unwrap_or(Ok(None)),
            Err(never) => match never {},
        }
    }
}
