//! A store that fails on purpose, counts, and lets a test do something between a question and its answer.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use crypto::{Answer, KeyStore, MasterTag, MemoryKeyStore, Rewrap, StoredSubjectKey, StoredWorkspaceKey, SubjectRow};
use futures::{FutureExt, future::BoxFuture};
use kernel::{SubjectId, WorkspaceId};

/// Keys in memory behind faults.
#[derive(Default)]
pub(crate) struct Faulty {
    pub(crate) inner: MemoryKeyStore,
    /// Calls that still succeed; below zero for all.
    left: AtomicI64,
    pub(crate) calls: AtomicUsize,
    /// Done once, after the next question about subjects was answered and before the answer arrives.
    pub(crate) meanwhile: Mutex<Option<BoxFuture<'static, ()>>>,
}

impl std::fmt::Debug for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faulty")
    }
}

impl Faulty {
    pub(crate) fn new() -> Arc<Self> {
        let store = Self::default();
        store.fail_after(-1);
        Arc::new(store)
    }

    pub(crate) fn fail_after(&self, calls: i64) {
        self.left.store(calls, Ordering::Relaxed);
    }

    fn call<'a, T: Send + 'a>(&'a self, answer: impl FnOnce() -> Answer<'a, T> + Send + 'a) -> Answer<'a, T> {
        async move {
            self.calls.fetch_add(1, Ordering::Relaxed);
            let left = self.left.load(Ordering::Relaxed);
            if left == 0 {
                return Err("the store was stopped".into());
            }
            self.left.store((left - 1).max(-1), Ordering::Relaxed);
            answer().await
        }
        .boxed()
    }
}

impl KeyStore for Faulty {
    fn workspace_keys(&self, workspace: WorkspaceId) -> Answer<'_, Vec<StoredWorkspaceKey>> {
        self.call(move || self.inner.workspace_keys(workspace))
    }

    fn add_workspace_key<'a>(&'a self, key: &'a StoredWorkspaceKey) -> Answer<'a, ()> {
        self.call(move || self.inner.add_workspace_key(key))
    }

    fn subject_keys<'a>(&'a self, workspace: WorkspaceId, subjects: &'a [SubjectId]) -> Answer<'a, Vec<SubjectRow>> {
        async move {
            let rows = self.call(move || self.inner.subject_keys(workspace, subjects)).await;
            let meanwhile = self.meanwhile.lock().expect("no panic").take();
            if let Some(meanwhile) = meanwhile {
                meanwhile.await;
            }
            rows
        }
        .boxed()
    }

    fn add_subject_keys<'a>(
        &'a self,
        workspace: WorkspaceId,
        keys: &'a [StoredSubjectKey],
    ) -> Answer<'a, Vec<SubjectRow>> {
        self.call(move || self.inner.add_subject_keys(workspace, keys))
    }

    fn erase<'a>(&'a self, workspace: WorkspaceId, subjects: &'a [SubjectId]) -> Answer<'a, u64> {
        self.call(move || self.inner.erase(workspace, subjects))
    }

    fn rewrap<'a>(&'a self, changes: &'a [Rewrap]) -> Answer<'a, u64> {
        self.call(move || self.inner.rewrap(changes))
    }

    fn workspace_keys_not_under(
        &self,
        master: MasterTag,
        after: Option<(WorkspaceId, u32)>,
        limit: usize,
    ) -> Answer<'_, Vec<StoredWorkspaceKey>> {
        self.call(move || self.inner.workspace_keys_not_under(master, after, limit))
    }

    fn subject_keys_before(
        &self,
        workspace: WorkspaceId,
        version: u32,
        after: Option<SubjectId>,
        limit: usize,
    ) -> Answer<'_, Vec<StoredSubjectKey>> {
        self.call(move || self.inner.subject_keys_before(workspace, version, after, limit))
    }
}
