//! Opened keys in memory.

use std::{collections::BTreeMap, fmt, sync::Arc};

use kernel::{Chance, SubjectId, WorkspaceId};

use crate::{
    CryptoError, MasterKeys, StoredSubjectKey, StoredWorkspaceKey, Wrapped,
    cipher::{self, Context},
    secret::Secret,
};

/// The first and, today, only version of a subject's key.
const FIRST: u32 = 1;

/// All keys of one workspace.
#[derive(Debug)]
pub(crate) struct WorkspaceKeys {
    workspace: WorkspaceId,
    first: WorkspaceKey,
    /// By version.
    later: Vec<WorkspaceKey>,
}

#[derive(Debug)]
struct WorkspaceKey {
    version: u32,
    secret: Secret,
    wrap: Secret,
}

impl WorkspaceKeys {
    /// `None` without any. A version that is not there is an error: look-ups hang on the first.
    pub(crate) fn open(stored: &[StoredWorkspaceKey], master: &MasterKeys) -> Result<Option<Self>, CryptoError> {
        let Some(workspace) = stored.first().map(|key| key.workspace) else { return Ok(None) };
        let mut keys = Vec::with_capacity(stored.len());
        for (version, key) in (1..).zip(stored) {
            if key.version != version {
                return Err(lost_workspace_key(workspace, version));
            }
            let secret = master.unwrap(key)?;
            keys.push(WorkspaceKey { version, wrap: secret.derive("workspace/wrap"), secret });
        }
        let mut keys = keys.into_iter();
        Ok(keys.next().map(|first| Self { workspace, first, later: keys.collect() }))
    }

    fn current(&self) -> &WorkspaceKey {
        self.later.last().unwrap_or(&self.first)
    }

    fn get(&self, version: u32) -> Option<&WorkspaceKey> {
        std::iter::once(&self.first).chain(&self.later).find(|key| key.version == version)
    }

    /// The version that wraps.
    pub(crate) fn version(&self) -> u32 {
        self.current().version
    }

    pub(crate) fn has(&self, version: u32) -> bool {
        self.get(version).is_some()
    }

    /// The secret that rotation never changes.
    pub(crate) fn first(&self) -> &Secret {
        &self.first.secret
    }

    /// A new key for a subject, wrapped by the current key.
    pub(crate) fn make(&self, subject: SubjectId, chance: &dyn Chance) -> Result<StoredSubjectKey, CryptoError> {
        self.wrap(subject, &SubjectKey { version: FIRST, secret: Secret::random(chance) }, chance)
    }

    /// A subject's key, wrapped by the current key.
    pub(crate) fn wrap(
        &self,
        subject: SubjectId,
        key: &SubjectKey,
        chance: &dyn Chance,
    ) -> Result<StoredSubjectKey, CryptoError> {
        let (workspace, version, wrapped_by) = (self.workspace, key.version, self.version());
        let context = Context::SubjectKey { workspace, subject, version, wrapped_by };
        let wrapped = cipher::seal(&self.current().wrap, context, key.secret.bytes(), chance)
            .ok_or_else(|| CryptoError::Cipher { what: format!("the key of subject {subject}") })?;
        Ok(StoredSubjectKey { subject, version, wrapped_by, wrapped: Wrapped(wrapped) })
    }

    /// Opens a subject's key with the key that wrapped it.
    pub(crate) fn unwrap(&self, stored: &StoredSubjectKey) -> Result<SubjectKey, CryptoError> {
        let &StoredSubjectKey { subject, version, wrapped_by, .. } = stored;
        let workspace = self.workspace;
        let key = self.get(wrapped_by).ok_or_else(|| lost_workspace_key(workspace, wrapped_by))?;
        let context = Context::SubjectKey { workspace, subject, version, wrapped_by };
        cipher::open(&key.wrap, context, &stored.wrapped.0)
            .and_then(|bytes| Secret::from_slice(&bytes))
            .map(|secret| SubjectKey { version, secret })
            .ok_or_else(|| CryptoError::KeyDamaged { what: format!("the key of subject {subject}") })
    }
}

pub(crate) fn lost_workspace_key(workspace: WorkspaceId, version: u32) -> CryptoError {
    CryptoError::KeyLost { what: format!("key {version} of workspace {workspace}") }
}

/// One subject's key.
#[derive(Debug)]
pub(crate) struct SubjectKey {
    pub(crate) version: u32,
    pub(crate) secret: Secret,
}

/// What is known of a subject.
#[derive(Debug, Clone)]
pub(crate) enum Held {
    Key(Arc<SubjectKey>),
    Erased,
}

/// Keys of some subjects of one workspace. Not to be kept beyond the operation that it was loaded for: an erasure does
/// not reach into it.
#[derive(Clone)]
pub struct SubjectKeys {
    pub(crate) workspace: WorkspaceId,
    pub(crate) held: BTreeMap<SubjectId, Held>,
}

impl SubjectKeys {
    /// None.
    #[must_use]
    pub fn none(workspace: WorkspaceId) -> Self {
        Self { workspace, held: BTreeMap::new() }
    }

    /// Whether the subject is known to be erased; nothing can be sealed for it.
    pub fn is_erased(&self, subject: SubjectId) -> bool {
        matches!(self.held.get(&subject), Some(Held::Erased))
    }
}

impl fmt::Debug for SubjectKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectKeys({} of workspace {})", self.held.len(), self.workspace)
    }
}
