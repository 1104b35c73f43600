//! The log itself: where it stores, and what goes with every write.

use std::{fmt, future::Future, sync::Arc};

use crypto::KeyRing;
use kernel::{Source, WorkspaceId};
use sql::{Database, Tenant};
use tokio::sync::watch;

use crate::Projection;

/// Append-only streams. Clones share one log.
#[derive(Clone)]
pub struct EventLog(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) database: Database,
    pub(crate) keys: KeyRing,
    pub(crate) source: Source,
    pub(crate) inline: Vec<Arc<dyn Projection>>,
    /// Told after each commit of this process, so that its readers need not wait for their next look.
    pub(crate) appended: watch::Sender<()>,
    /// Told after events were sealed.
    pub(crate) sealed: watch::Sender<()>,
}

impl EventLog {
    /// A log in this database, whose tables are there ([`crate::MIGRATIONS`]). `inline` are the read models that are
    /// written in the transaction of the fact.
    #[must_use]
    pub fn new(database: Database, keys: KeyRing, source: Source, inline: Vec<Arc<dyn Projection>>) -> Self {
        let (appended, sealed) = (watch::Sender::default(), watch::Sender::default());
        Self(Arc::new(Inner { database, keys, source, inline, appended, sealed }))
    }

    /// The database, for read models and jobs.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// The keys of personal fields.
    #[must_use]
    pub fn keys(&self) -> &KeyRing {
        &self.0.keys
    }

    /// Time and chance.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.0.source
    }

    /// Ready once this process may have appended something since the call. Call it before looking, wait for it after: what
    /// comes in between is not missed.
    pub fn appended(&self) -> impl Future<Output = ()> + Send + use<> {
        told(&self.0.appended)
    }

    /// Ready once this process has sealed something since the call; to be used in the same way.
    pub fn sealed(&self) -> impl Future<Output = ()> + Send + use<> {
        told(&self.0.sealed)
    }

    pub(crate) fn tenant(&self, workspace: WorkspaceId) -> Tenant {
        self.0.database.tenant(workspace)
    }
}

/// Listens from now on, and not only from the first poll.
fn told(sender: &watch::Sender<()>) -> impl Future<Output = ()> + Send + use<> {
    let mut receiver = sender.subscribe();
    async move {
        // An error says that the log is gone: then there is nothing to wait for either.
        let _ = receiver.changed().await;
    }
}

impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLog").field("database", &self.0.database).finish_non_exhaustive()
    }
}
