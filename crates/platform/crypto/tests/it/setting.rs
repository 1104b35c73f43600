//! What every test starts from: one store, clocks that are moved by hand, rings as processes would hold them.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use crypto::{CryptoError, KeyRing, KeyStore, Limits, MasterKeys, MemoryKeyStore};
use kernel::{Chance, ManualClock, Personal, SeededChance, Source, SubjectId, WorkspaceId};

/// Of what a ring remembers, in microseconds.
pub(crate) const EXPIRY: i64 = 1_000_000;

pub(crate) struct Setting {
    pub(crate) store: Arc<dyn KeyStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) chance: Arc<dyn Chance>,
    pub(crate) workspace: WorkspaceId,
    folder: tempfile::TempDir,
}

impl Setting {
    pub(crate) fn new() -> Self {
        Self::on(Arc::new(MemoryKeyStore::default()))
    }

    pub(crate) fn on(store: Arc<dyn KeyStore>) -> Self {
        Self {
            store,
            clock: Arc::default(),
            chance: Arc::new(SeededChance::new(1)),
            workspace: WorkspaceId::new(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// A process of its own, with master key `a`.
    pub(crate) fn ring(&self) -> KeyRing {
        self.ring_under("a")
    }

    /// A process that was given another store.
    pub(crate) fn ring_on(&self, store: Arc<dyn KeyStore>) -> KeyRing {
        self.ring_with(store, "a")
    }

    /// A process of its own, with one master key for each letter.
    pub(crate) fn ring_under(&self, letters: &str) -> KeyRing {
        self.ring_with(self.store.clone(), letters)
    }

    fn ring_with(&self, store: Arc<dyn KeyStore>, letters: &str) -> KeyRing {
        let limits = Limits { expiry_ms: 1_000, batch: 3, ..Limits::default() };
        let source = Source { clock: self.clock.clone(), chance: self.chance.clone() };
        KeyRing::new(store, self.master(letters), source, limits)
    }

    /// Through a file, as a server takes them.
    pub(crate) fn master(&self, letters: &str) -> MasterKeys {
        let line = |letter| format!("grayghost-master-key-v1:{}\n", STANDARD.encode([letter; 32]));
        let path = self.folder.path().join(letters);
        // Once: some file systems flush what is written again, and the model would wait for nothing else.
        if !path.exists() {
            write_private(&path, &letters.bytes().map(line).collect::<String>());
        }
        MasterKeys::load_or_create(&path, &*self.chance).expect("keys").0
    }

    pub(crate) fn expire(&self) {
        self.clock.advance_micros(EXPIRY);
    }
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
}

pub(crate) fn subjects(count: usize) -> Vec<SubjectId> {
    (0..count).map(|_| SubjectId::new()).collect()
}

/// Stores a value as the event log does.
pub(crate) async fn write(
    ring: &KeyRing,
    workspace: WorkspaceId,
    value: &Personal<String>,
) -> Result<String, CryptoError> {
    ring.writing(workspace, || serde_json::to_string(value).unwrap_or_default()).await
}

/// Reads it back; `Ok(None)` for a value that is gone.
pub(crate) async fn read(ring: &KeyRing, workspace: WorkspaceId, text: &str) -> Result<Option<String>, CryptoError> {
    let value = ring.reading(workspace, || serde_json::from_str::<Personal<String>>(text)).await?;
    Ok(value.expect("JSON").open().cloned())
}
