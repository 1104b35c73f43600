//! The log itself: where it stores, and what goes with every write.

use std::{fmt, sync::Arc};

use crypto::KeyRing;
use kernel::{Source, WorkspaceId};
use sql::{Database, Tenant};
use tokio::sync::Notify;

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
    pub(crate) appended: Notify,
    /// Told after events were sealed.
    pub(crate) sealed: Notify,
}

impl EventLog {
    /// A log in this database, whose tables are there ([`crate::MIGRATIONS`]). `inline` are the read models that are
    /// written in the transaction of the fact.
    #[must_use]
    pub fn new(database: Database, keys: KeyRing, source: Source, inline: Vec<Arc<dyn Projection>>) -> Self {
        let (appended, sealed) = (Notify::new(), Notify::new());
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

    /// Returns when this process may have appended something.
    pub async fn appended(&self) {
        self.0.appended.notified().await;
    }

    /// Returns when this process has sealed something.
    pub async fn sealed(&self) {
        self.0.sealed.notified().await;
    }

    pub(crate) fn tenant(&self, workspace: WorkspaceId) -> Tenant {
        self.0.database.tenant(workspace)
    }
}

impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLog").field("database", &self.0.database).finish_non_exhaustive()
    }
}
