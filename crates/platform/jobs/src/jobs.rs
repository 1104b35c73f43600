//! The front door: enqueue, look, decide.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use eventlog::EventLog;
use kernel::{Cancel, Source, Timestamp, WorkspaceId};
use serde::{Serialize, de::DeserializeOwned};
use sql::Database;
use tokio::sync::Notify;

use crate::{JobError, NewJob, ending::Lease};

/// The queue. Clones share it.
#[derive(Clone)]
pub struct Jobs(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) log: EventLog,
    /// Told after jobs were enqueued by this process, so that its worker need not wait for its next look.
    pub(crate) enqueued: Notify,
    /// Jobs were put into a transaction of the log that may not have ended yet.
    pub(crate) pending: AtomicBool,
    /// Attempts that wait or run in this process: a cancellation reaches them at once.
    pub(crate) running: Mutex<HashMap<Lease, Cancel>>,
}

impl Jobs {
    /// A queue in the log's database, whose tables are there ([`crate::MIGRATIONS`]).
    #[must_use]
    pub fn new(log: EventLog) -> Self {
        let (enqueued, pending, running) = (Notify::new(), AtomicBool::new(false), Mutex::default());
        Self(Arc::new(Inner { log, enqueued, pending, running }))
    }

    /// A job with these arguments, personal fields sealed.
    ///
    /// # Errors
    /// [`JobError::TooLarge`], [`JobError::Log`] when they cannot be written or sealed.
    pub async fn job<T: Serialize>(
        &self,
        workspace: WorkspaceId,
        kind: impl Into<String>,
        args: &T,
    ) -> Result<NewJob, JobError> {
        NewJob::of_json(workspace, kind, self.0.log.seal_json(workspace, args).await?)
    }

    /// Reads arguments or a result, personal fields opened as far as their keys are there.
    ///
    /// # Errors
    /// [`JobError::Log`].
    pub async fn open<T: DeserializeOwned>(&self, workspace: WorkspaceId, json: &[u8]) -> Result<T, JobError> {
        Ok(self.0.log.open_json(workspace, json).await?)
    }

    /// Tells the worker of this process to look: for jobs that were enqueued in a transaction of neither the log nor this
    /// queue. Without it they wait for its next look.
    pub fn wake(&self) {
        self.0.enqueued.notify_one();
    }

    /// Tells the worker to look once the log has committed.
    pub(crate) fn expect_some(&self) {
        self.0.pending.store(true, Ordering::Relaxed);
    }

    pub(crate) fn database(&self) -> &Database {
        self.0.log.database()
    }

    pub(crate) fn source(&self) -> &Source {
        self.0.log.source()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.source().now()
    }

    pub(crate) fn running(&self) -> MutexGuard<'_, HashMap<Lease, Cancel>> {
        // A map is whole after every step.
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").field("log", &self.0.log).finish_non_exhaustive()
    }
}
