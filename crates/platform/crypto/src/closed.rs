//! A key store that is closed: for processes that work beside a server and have nothing to do with personal data. What would
//! seal or open some is refused, instead of being sealed with a key that nobody will have.

use futures::{FutureExt, future::ready};
use kernel::{SubjectId, WorkspaceId};

use crate::{
    KeyStore, MasterTag, Rewrap, StoredSubjectKey, StoredWorkspaceKey, SubjectRow,
    store::{Answer, StoreError},
};

/// Refuses everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClosedKeyStore;

fn refused<'a, T: Send + 'a>() -> Answer<'a, T> {
    ready(Err(StoreError::from("this command opens no keys of personal data"))).boxed()
}

impl KeyStore for ClosedKeyStore {
    fn workspace_keys(&self, _: WorkspaceId) -> Answer<'_, Vec<StoredWorkspaceKey>> {
        refused()
    }

    fn add_workspace_key<'a>(&'a self, _: &'a StoredWorkspaceKey) -> Answer<'a, ()> {
        refused()
    }

    fn subject_keys<'a>(&'a self, _: WorkspaceId, _: &'a [SubjectId]) -> Answer<'a, Vec<SubjectRow>> {
        refused()
    }

    fn add_subject_keys<'a>(&'a self, _: WorkspaceId, _: &'a [StoredSubjectKey]) -> Answer<'a, Vec<SubjectRow>> {
        refused()
    }

    fn erase<'a>(&'a self, _: WorkspaceId, _: &'a [SubjectId]) -> Answer<'a, u64> {
        refused()
    }

    fn rewrap<'a>(&'a self, _: &'a [Rewrap]) -> Answer<'a, u64> {
        refused()
    }

    fn workspace_keys_not_under(
        &self,
        _: MasterTag,
        _: Option<(WorkspaceId, u32)>,
        _: usize,
    ) -> Answer<'_, Vec<StoredWorkspaceKey>> {
        refused()
    }

    fn subject_keys_before(
        &self,
        _: WorkspaceId,
        _: u32,
        _: Option<SubjectId>,
        _: usize,
    ) -> Answer<'_, Vec<StoredSubjectKey>> {
        refused()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::executor::block_on;
    use kernel::{Source, SystemChance};

    use super::*;
    use crate::{KeyRing, Limits, MasterKeys};

    #[test]
    fn nothing_is_sealed_and_what_is_not_personal_is_written() {
        let master = MasterKeys::random(&SystemChance);
        let ring = KeyRing::new(Arc::new(ClosedKeyStore), master, Source::system(), Limits::default());
        let workspace = WorkspaceId::new();
        let plain = block_on(ring.writing(workspace, || serde_json::to_string(&7))).expect("no key is asked for");
        assert_eq!(plain.expect("JSON"), "7");
        let personal = kernel::Personal::of(SubjectId::new(), "Ann".to_owned());
        let sealed = block_on(ring.writing(workspace, || serde_json::to_string(&personal)));
        assert!(sealed.is_err(), "{sealed:?}");
    }
}
