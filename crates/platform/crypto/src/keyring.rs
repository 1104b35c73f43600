//! The front door: finds, makes, remembers and erases keys.
//!
//! Invariants: a subject's or workspace's key is made once, also by two processes at once (the store decides); what is
//! remembered is at most [`Limits::expiry_ms`] old; an erasure that this ring did, or was told of, is remembered at once.
//! No lock is held while the store is asked.
//!
//! Absent on purpose: keeping two callers from asking the store for the same key. Both get it.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use kernel::{
    Chance, Source, SubjectId, Timestamp, WorkspaceId,
    seal::{self, SealError, Sealer},
};

use crate::{
    CryptoError, KeyStore, MAX_BATCH, MasterKeys, SubjectKeys, SubjectRow,
    held::{Held, WorkspaceKeys, lost_workspace_key},
    recent::Recent,
    sealer::FieldSealer,
    secret::Secret,
};

/// Values in values in values: as deep as personal data is nested, and one for good measure.
const MAX_ROUNDS: usize = 4;

/// What a [`KeyRing`] may remember.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A key that was erased elsewhere is used here for less than so many milliseconds.
    pub expiry_ms: u32,
    /// Keys of subjects, some 200 bytes each.
    pub subjects: usize,
    /// Workspaces.
    pub workspaces: usize,
    /// Keys in one call of the store; at most [`MAX_BATCH`].
    pub batch: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { expiry_ms: 30_000, subjects: 100_000, workspaces: 1_000, batch: MAX_BATCH }
    }
}

/// The keys of all workspaces, for one process. Clones share what they remember.
#[derive(Clone)]
pub struct KeyRing(Arc<Inner>);

struct Inner {
    store: Arc<dyn KeyStore>,
    master: RwLock<Arc<MasterKeys>>,
    source: Source,
    batch: usize,
    memory: Mutex<Memory>,
}

struct Memory {
    workspaces: Recent<WorkspaceId, Arc<WorkspaceKeys>>,
    subjects: Recent<(WorkspaceId, SubjectId), Held>,
    /// Grows with every erasure: what was asked for before it is not remembered after it.
    erasures: u64,
}

/// What to do about keys that were never made.
#[derive(Clone, Copy)]
enum Absent {
    Make,
    Refuse,
}

/// A question to the store: when it was asked, and how many erasures were known then.
#[derive(Clone, Copy)]
struct Asked {
    at: Timestamp,
    erasures: u64,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(***)")
    }
}

impl KeyRing {
    /// A ring that remembers nothing yet.
    #[must_use]
    pub fn new(store: Arc<dyn KeyStore>, master: MasterKeys, source: Source, limits: Limits) -> Self {
        let lifetime = i64::from(limits.expiry_ms) * 1_000;
        let memory = Memory {
            workspaces: Recent::new(limits.workspaces, lifetime),
            subjects: Recent::new(limits.subjects, lifetime),
            erasures: 0,
        };
        let batch = limits.batch.clamp(1, MAX_BATCH);
        Self(Arc::new(Inner {
            store,
            master: RwLock::new(Arc::new(master)),
            source,
            batch,
            memory: Mutex::new(memory),
        }))
    }

    /// The keys of these subjects; makes those that are missing, and the workspace's first. An erased subject is no
    /// error here: sealing for it is.
    ///
    /// # Errors
    /// `crypto.key_damaged`, `crypto.key_lost` or `crypto.unknown_master_key` for a key that does not open,
    /// `crypto.store`.
    pub async fn ensure(&self, workspace: WorkspaceId, subjects: &[SubjectId]) -> Result<SubjectKeys, CryptoError> {
        let (mut keys, absent) = self.fetch(workspace, subjects).await?;
        for chunk in absent.chunks(self.0.batch) {
            let workspace_keys = self.workspace_keys(workspace).await?;
            let made = chunk.iter().map(|subject| workspace_keys.make(*subject, self.chance()));
            let made = made.collect::<Result<Vec<_>, _>>()?;
            let asked = self.ask();
            let rows = self.0.store.add_subject_keys(workspace, &made).await.map_err(CryptoError::Store)?;
            self.hold(&mut keys, rows, asked).await?;
        }
        complete(keys, &absent)
    }

    /// The keys of these subjects, which have one or are erased.
    ///
    /// # Errors
    /// As [`KeyRing::ensure`]; `crypto.key_lost` also for a subject that the store never heard of.
    pub async fn load(&self, workspace: WorkspaceId, subjects: &[SubjectId]) -> Result<SubjectKeys, CryptoError> {
        let (keys, absent) = self.fetch(workspace, subjects).await?;
        complete(keys, &absent)
    }

    /// Does `work` with a sealer that has all keys which `work` asks for; makes those that are missing. `work` may be
    /// done several times: it is to write JSON and nothing else.
    ///
    /// # Errors
    /// As [`KeyRing::ensure`]; `crypto.subject_erased`, `crypto.field_damaged`.
    pub async fn writing<R>(&self, workspace: WorkspaceId, work: impl FnMut() -> R) -> Result<R, CryptoError> {
        Ok(self.settle(workspace, Absent::Make, work).await?.0)
    }

    /// The same, and of whom something was sealed: their keys may be remembered for longer than they are stored, so whoever
    /// stores what was written asks whether they were erased meanwhile.
    ///
    /// # Errors
    /// As [`KeyRing::writing`].
    pub async fn writing_of<R>(
        &self,
        workspace: WorkspaceId,
        work: impl FnMut() -> R,
    ) -> Result<(R, BTreeSet<SubjectId>), CryptoError> {
        self.settle(workspace, Absent::Make, work).await
    }

    /// Does `work`, which reads JSON and nothing else, with a sealer that has all keys which `work` asks for; it may be
    /// done several times.
    ///
    /// # Errors
    /// As [`KeyRing::load`]; `crypto.field_damaged`.
    pub async fn reading<R>(&self, workspace: WorkspaceId, work: impl FnMut() -> R) -> Result<R, CryptoError> {
        Ok(self.settle(workspace, Absent::Refuse, work).await?.0)
    }

    /// Erases the keys of these subjects for ever, whether they had one or not. Gives how many were not erased before.
    /// This process holds to it at once, others within [`Limits::expiry_ms`], or when they [`KeyRing::forget`].
    ///
    /// # Errors
    /// `crypto.store`; subjects of earlier batches are erased then, and erasing again is safe.
    pub async fn erase(&self, workspace: WorkspaceId, subjects: &[SubjectId]) -> Result<u64, CryptoError> {
        let subjects: Vec<_> = subjects.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let mut erased = 0;
        for chunk in subjects.chunks(self.0.batch) {
            let answer = self.0.store.erase(workspace, chunk).await;
            // Also after a failure: it may have been done.
            self.forget(workspace, chunk);
            erased += answer.map_err(CryptoError::Store)?;
        }
        Ok(erased)
    }

    /// Drops what is remembered of these subjects; to be called when a process hears that they were erased.
    pub fn forget(&self, workspace: WorkspaceId, subjects: &[SubjectId]) {
        let mut memory = self.memory();
        memory.erasures += 1;
        for subject in subjects {
            memory.subjects.remove((workspace, *subject));
        }
    }

    async fn settle<R>(
        &self,
        workspace: WorkspaceId,
        absent: Absent,
        mut work: impl FnMut() -> R,
    ) -> Result<(R, BTreeSet<SubjectId>), CryptoError> {
        let mut keys = SubjectKeys::none(workspace);
        let mut within = |keys: &SubjectKeys| {
            let own = Arc::new(FieldSealer::new(self, keys));
            let sealer: Arc<dyn Sealer> = Arc::<FieldSealer>::clone(&own);
            seal::within(&sealer, &mut work).map(|done| (done, own.take_sealed()))
        };
        for _ in 1..MAX_ROUNDS {
            match (within(&keys), absent) {
                (Err(SealError::Missing(subjects)), Absent::Make) => {
                    keys.held.extend(self.ensure(workspace, &subjects).await?.held);
                }
                (Err(SealError::Missing(subjects)), Absent::Refuse) => {
                    keys.held.extend(self.load(workspace, &subjects).await?.held);
                }
                (done, _) => return Ok(done?),
            }
        }
        Ok(within(&keys)?)
    }

    /// What is remembered of the subjects and what the store has of the others; then those that it does not have.
    async fn fetch(
        &self,
        workspace: WorkspaceId,
        subjects: &[SubjectId],
    ) -> Result<(SubjectKeys, Vec<SubjectId>), CryptoError> {
        let mut keys = SubjectKeys::none(workspace);
        let mut wanted = Vec::new();
        {
            let (mut memory, now) = (self.memory(), self.0.source.now());
            for subject in subjects.iter().copied().collect::<BTreeSet<_>>() {
                match memory.subjects.get((workspace, subject), now) {
                    Some(held) => drop(keys.held.insert(subject, held)),
                    None => wanted.push(subject),
                }
            }
        }
        for chunk in wanted.chunks(self.0.batch) {
            let asked = self.ask();
            let rows = self.0.store.subject_keys(workspace, chunk).await.map_err(CryptoError::Store)?;
            self.hold(&mut keys, rows, asked).await?;
        }
        wanted.retain(|subject| !keys.held.contains_key(subject));
        Ok((keys, wanted))
    }

    /// Opens rows, adds them to `keys` and remembers them.
    async fn hold(&self, keys: &mut SubjectKeys, rows: Vec<SubjectRow>, asked: Asked) -> Result<(), CryptoError> {
        let newest = rows.iter().filter_map(|row| match row {
            SubjectRow::Key(key) => Some(key.wrapped_by),
            SubjectRow::Erased(_) => None,
        });
        let workspace_keys = match newest.max() {
            Some(version) => Some(self.workspace_keys_with(keys.workspace, version).await?),
            None => None,
        };
        let mut opened = Vec::with_capacity(rows.len());
        for row in rows {
            opened.push(match (&row, &workspace_keys) {
                (SubjectRow::Key(key), Some(by)) => (key.subject, Held::Key(Arc::new(by.unwrap(key)?))),
                _ => (row.subject(), Held::Erased),
            });
        }
        let mut memory = self.memory();
        if memory.erasures == asked.erasures {
            for (subject, held) in &opened {
                memory.subjects.put((keys.workspace, *subject), held.clone(), asked.at);
            }
        }
        keys.held.extend(opened);
        Ok(())
    }

    /// The workspace's keys; makes the first.
    pub(crate) async fn workspace_keys(&self, workspace: WorkspaceId) -> Result<Arc<WorkspaceKeys>, CryptoError> {
        let remembered = self.memory().workspaces.get(workspace, self.0.source.now());
        match remembered {
            Some(keys) => Ok(keys),
            None => self.read_or_make_workspace_keys(workspace).await,
        }
    }

    /// The workspace's keys, among them that version: another process may have made it a moment ago.
    async fn workspace_keys_with(
        &self,
        workspace: WorkspaceId,
        version: u32,
    ) -> Result<Arc<WorkspaceKeys>, CryptoError> {
        let remembered = self.memory().workspaces.get(workspace, self.0.source.now());
        if let Some(keys) = remembered.filter(|keys| keys.has(version)) {
            return Ok(keys);
        }
        let keys = self.read_workspace_keys(workspace).await?;
        keys.filter(|keys| keys.has(version)).ok_or_else(|| lost_workspace_key(workspace, version))
    }

    /// As the store has them now; makes the first.
    pub(crate) async fn read_or_make_workspace_keys(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Arc<WorkspaceKeys>, CryptoError> {
        if let Some(keys) = self.read_workspace_keys(workspace).await? {
            return Ok(keys);
        }
        self.add_workspace_key(workspace, 1).await?;
        self.read_workspace_keys(workspace).await?.ok_or_else(|| lost_workspace_key(workspace, 1))
    }

    async fn read_workspace_keys(&self, workspace: WorkspaceId) -> Result<Option<Arc<WorkspaceKeys>>, CryptoError> {
        let asked = self.ask();
        let stored = self.0.store.workspace_keys(workspace).await.map_err(CryptoError::Store)?;
        let keys = WorkspaceKeys::open(&stored, &self.master())?.map(Arc::new);
        if let Some(keys) = &keys {
            self.memory().workspaces.put(workspace, Arc::clone(keys), asked.at);
        }
        Ok(keys)
    }

    /// Stores a new key of the workspace, unless it has that version.
    pub(crate) async fn add_workspace_key(&self, workspace: WorkspaceId, version: u32) -> Result<(), CryptoError> {
        let made = self.master().wrap(&Secret::random(self.chance()), (workspace, version), self.chance())?;
        self.0.store.add_workspace_key(&made).await.map_err(CryptoError::Store)
    }

    /// What is remembered of a subject.
    pub(crate) fn remembered(&self, workspace: WorkspaceId, subject: SubjectId) -> Option<Held> {
        self.memory().subjects.get((workspace, subject), self.0.source.now())
    }

    pub(crate) fn chance(&self) -> &dyn Chance {
        &*self.0.source.chance
    }

    pub(crate) fn store(&self) -> &dyn KeyStore {
        &*self.0.store
    }

    pub(crate) fn batch(&self) -> usize {
        self.0.batch
    }

    pub(crate) fn master(&self) -> Arc<MasterKeys> {
        Arc::clone(&self.0.master.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_master(&self, master: Arc<MasterKeys>) {
        *self.0.master.write().unwrap_or_else(PoisonError::into_inner) = master;
    }

    fn ask(&self) -> Asked {
        Asked { at: self.0.source.now(), erasures: self.memory().erasures }
    }

    /// Whole after every step, so a panic of another thread leaves nothing half done.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All keys, or which one is lost.
fn complete(keys: SubjectKeys, absent: &[SubjectId]) -> Result<SubjectKeys, CryptoError> {
    match absent.iter().find(|subject| !keys.held.contains_key(subject)) {
        Some(subject) => Err(CryptoError::KeyLost { what: format!("the key of subject {subject}") }),
        None => Ok(keys),
    }
}
