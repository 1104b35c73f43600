//! Keys in memory: for tests and for workspaces that end with the process.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures::future::{FutureExt, ready};
use kernel::{SubjectId, WorkspaceId};

use crate::{Answer, KeyStore, MasterTag, Rewrap, StoredSubjectKey, StoredWorkspaceKey, SubjectRow};

/// Keeps wrapped keys for as long as it lives.
#[derive(Debug, Default)]
pub struct MemoryKeyStore(Mutex<Rows>);

#[derive(Debug, Default)]
struct Rows {
    workspaces: BTreeMap<(WorkspaceId, u32), StoredWorkspaceKey>,
    subjects: BTreeMap<(WorkspaceId, SubjectId), SubjectRow>,
}

impl MemoryKeyStore {
    /// Rows are whole after every step, so a panic of another thread leaves nothing half done.
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn subjects_of(&self, workspace: WorkspaceId, subjects: impl Iterator<Item = SubjectId>) -> Vec<SubjectRow> {
        let mut found: Vec<_> =
            subjects.filter_map(|subject| self.subjects.get(&(workspace, subject)).cloned()).collect();
        found.sort_by_key(SubjectRow::subject);
        found
    }

    fn replace(&mut self, change: &Rewrap) -> bool {
        match change {
            Rewrap::Workspace { old, new } => match self.workspaces.get_mut(&(old.workspace, old.version)) {
                Some(row) if row == old => *row = new.clone(),
                _ => return false,
            },
            Rewrap::Subject { workspace, old, new } => match self.subjects.get_mut(&(*workspace, old.subject)) {
                Some(SubjectRow::Key(key)) if key == old => *key = new.clone(),
                _ => return false,
            },
        }
        true
    }
}

fn done<'a, T: Send + 'a>(value: T) -> Answer<'a, T> {
    ready(Ok(value)).boxed()
}

impl KeyStore for MemoryKeyStore {
    fn workspace_keys(&self, workspace: WorkspaceId) -> Answer<'_, Vec<StoredWorkspaceKey>> {
        let versions = (workspace, u32::MIN)..=(workspace, u32::MAX);
        done(self.rows().workspaces.range(versions).map(|(_, key)| key.clone()).collect())
    }

    fn add_workspace_key<'a>(&'a self, key: &'a StoredWorkspaceKey) -> Answer<'a, ()> {
        self.rows().workspaces.entry((key.workspace, key.version)).or_insert_with(|| key.clone());
        done(())
    }

    fn subject_keys<'a>(&'a self, workspace: WorkspaceId, subjects: &'a [SubjectId]) -> Answer<'a, Vec<SubjectRow>> {
        done(self.rows().subjects_of(workspace, subjects.iter().copied()))
    }

    fn add_subject_keys<'a>(
        &'a self,
        workspace: WorkspaceId,
        keys: &'a [StoredSubjectKey],
    ) -> Answer<'a, Vec<SubjectRow>> {
        let mut rows = self.rows();
        for key in keys {
            rows.subjects.entry((workspace, key.subject)).or_insert_with(|| SubjectRow::Key(key.clone()));
        }
        done(rows.subjects_of(workspace, keys.iter().map(|key| key.subject)))
    }

    fn erase<'a>(&'a self, workspace: WorkspaceId, subjects: &'a [SubjectId]) -> Answer<'a, u64> {
        let mut rows = self.rows();
        let before = |row| !matches!(row, Some(SubjectRow::Erased(_)));
        let erased = subjects.iter().map(|subject| {
            u64::from(before(rows.subjects.insert((workspace, *subject), SubjectRow::Erased(*subject))))
        });
        done(erased.sum())
    }

    fn rewrap<'a>(&'a self, changes: &'a [Rewrap]) -> Answer<'a, u64> {
        let mut rows = self.rows();
        done(changes.iter().map(|change| u64::from(rows.replace(change))).sum())
    }

    fn workspace_keys_not_under(
        &self,
        master: MasterTag,
        after: Option<(WorkspaceId, u32)>,
        limit: usize,
    ) -> Answer<'_, Vec<StoredWorkspaceKey>> {
        let rows = self.rows();
        let others = rows.workspaces.iter().filter(|(name, key)| key.master != master && Some(**name) > after);
        done(others.take(limit).map(|(_, key)| key.clone()).collect())
    }

    fn subject_keys_before(
        &self,
        workspace: WorkspaceId,
        version: u32,
        after: Option<SubjectId>,
        limit: usize,
    ) -> Answer<'_, Vec<StoredSubjectKey>> {
        let rows = self.rows();
        let older = rows.subjects.iter().filter_map(|((of, subject), row)| match row {
            SubjectRow::Key(key) if *of == workspace && key.wrapped_by < version && Some(*subject) > after => Some(key),
            _ => None,
        });
        done(older.take(limit).cloned().collect())
    }
}
