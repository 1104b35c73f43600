//! The port where wrapped keys live: a store apart from the log and outside of its backups.
//!
//! Contract (`testkit::conformance::keys` holds every implementation to it): each call is one atomic step; lists come
//! in rising order; nothing of one workspace is seen or changed under the name of another. An erasure overwrites the
//! wrapped key and leaves a mark, which stands for ever. That no byte of the key is left in files, their free pages
//! and their logs is for the implementation to bring about and to state.

use std::{error::Error, fmt};

use futures::future::BoxFuture;
use kernel::{SubjectId, WorkspaceId};

use crate::MasterTag;

/// Most keys in one call.
pub const MAX_BATCH: usize = 1_000;

/// Why a store failed, in its own words.
pub type StoreError = Box<dyn Error + Send + Sync>;

/// What a store answers.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// A key that another key sealed: 60 bytes, useless without that one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wrapped(pub Vec<u8>);

impl fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wrapped({} bytes)", self.0.len())
    }
}

/// One key of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWorkspaceKey {
    /// Whose.
    pub workspace: WorkspaceId,
    /// From 1, without gaps; the highest is the current one.
    pub version: u32,
    /// The master key that wrapped it.
    pub master: MasterTag,
    /// The key.
    pub wrapped: Wrapped,
}

/// The key of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSubjectKey {
    /// Whose.
    pub subject: SubjectId,
    /// Always 1 today: a subject has one key for its whole life.
    pub version: u32,
    /// The version of the workspace's key that wrapped it.
    pub wrapped_by: u32,
    /// The key.
    pub wrapped: Wrapped,
}

/// What the store has of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectRow {
    /// Its key.
    Key(StoredSubjectKey),
    /// The mark of its erasure.
    Erased(SubjectId),
}

impl SubjectRow {
    /// Whose row this is.
    pub fn subject(&self) -> SubjectId {
        match self {
            Self::Key(key) => key.subject,
            Self::Erased(subject) => *subject,
        }
    }
}

/// The same key, wrapped anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewrap {
    /// Under another master key.
    Workspace {
        /// As it was read.
        old: StoredWorkspaceKey,
        /// As it shall be: another `master` and `wrapped`.
        new: StoredWorkspaceKey,
    },
    /// Under another key of its workspace.
    Subject {
        /// Whose subject.
        workspace: WorkspaceId,
        /// As it was read.
        old: StoredSubjectKey,
        /// As it shall be: another `wrapped_by` and `wrapped`.
        new: StoredSubjectKey,
    },
}

/// Keeps wrapped keys. Slices hold at most [`MAX_BATCH`] elements and no subject twice.
pub trait KeyStore: fmt::Debug + Send + Sync {
    /// All keys of a workspace, by version; none for a workspace without.
    fn workspace_keys(&self, workspace: WorkspaceId) -> Answer<'_, Vec<StoredWorkspaceKey>>;

    /// Stores a workspace's key, unless it has one of that version: then that one stays.
    fn add_workspace_key<'a>(&'a self, key: &'a StoredWorkspaceKey) -> Answer<'a, ()>;

    /// What is there of these subjects, by subject; those that were never stored are left out.
    fn subject_keys<'a>(&'a self, workspace: WorkspaceId, subjects: &'a [SubjectId]) -> Answer<'a, Vec<SubjectRow>>;

    /// Stores the keys of those subjects that have neither a key nor the mark of an erasure. Gives what is there
    /// afterwards of all of them, by subject.
    fn add_subject_keys<'a>(
        &'a self,
        workspace: WorkspaceId,
        keys: &'a [StoredSubjectKey],
    ) -> Answer<'a, Vec<SubjectRow>>;

    /// Overwrites the keys of these subjects and marks them as erased, those without a key too. Gives how many were
    /// not marked before.
    fn erase<'a>(&'a self, workspace: WorkspaceId, subjects: &'a [SubjectId]) -> Answer<'a, u64>;

    /// Puts each new form in the place of the old one where that still stands, byte for byte; leaves the others
    /// alone. Gives how many were replaced.
    fn rewrap<'a>(&'a self, changes: &'a [Rewrap]) -> Answer<'a, u64>;

    /// Keys of **all** workspaces that another master key than this wrapped, by workspace and version, those after
    /// `after` only, at most `limit`.
    fn workspace_keys_not_under(
        &self,
        master: MasterTag,
        after: Option<(WorkspaceId, u32)>,
        limit: usize,
    ) -> Answer<'_, Vec<StoredWorkspaceKey>>;

    /// Keys of a workspace's subjects that an older version than this of its key wrapped, by subject, those after
    /// `after` only, at most `limit`.
    fn subject_keys_before(
        &self,
        workspace: WorkspaceId,
        version: u32,
        after: Option<SubjectId>,
        limit: usize,
    ) -> Answer<'_, Vec<StoredSubjectKey>>;
}
