//! Seals and opens the fields of one workspace with keys that are at hand.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::{
    SubjectId,
    seal::{Opened, SealError, Sealed, Sealer},
};

use crate::{
    KeyRing, SubjectKeys,
    cipher::{self, Context},
    held::{Held, SubjectKey},
};

/// Looks at its own keys first, then at those that the ring remembers.
#[derive(Debug)]
pub(crate) struct FieldSealer {
    pub(crate) ring: KeyRing,
    pub(crate) keys: SubjectKeys,
    /// Of whom something was sealed.
    sealed: Mutex<BTreeSet<SubjectId>>,
}

impl FieldSealer {
    pub(crate) fn new(ring: &KeyRing, keys: &SubjectKeys) -> Self {
        Self { ring: ring.clone(), keys: keys.clone(), sealed: Mutex::default() }
    }

    /// Of whom something was sealed; it begins anew then.
    pub(crate) fn take_sealed(&self) -> BTreeSet<SubjectId> {
        std::mem::take(&mut *self.sealed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn find(&self, subject: SubjectId) -> Result<Held, SealError> {
        let own = self.keys.held.get(&subject).cloned();
        own.or_else(|| self.ring.remembered(self.keys.workspace, subject)).ok_or(SealError::Missing(vec![subject]))
    }

    fn context(&self, subject: SubjectId, key: &SubjectKey) -> Context {
        Context::Field { workspace: self.keys.workspace, subject, version: key.version }
    }
}

impl Sealer for FieldSealer {
    fn seal(&self, subject: SubjectId, plaintext: &[u8]) -> Result<Sealed, SealError> {
        let Held::Key(key) = self.find(subject)? else { return Err(SealError::Erased(subject)) };
        let context = self.context(subject, &key);
        let bytes =
            cipher::seal(&key.secret, context, plaintext, self.ring.chance()).ok_or(SealError::Refused(subject))?;
        self.sealed.lock().unwrap_or_else(PoisonError::into_inner).insert(subject);
        Ok(Sealed { key_version: key.version, bytes })
    }

    fn open(&self, subject: SubjectId, sealed: &Sealed) -> Result<Opened, SealError> {
        let Held::Key(key) = self.find(subject)? else { return Ok(Opened::Gone) };
        // The version that was written beside the bytes must be the one that sealed them.
        let opened = (sealed.key_version == key.version)
            .then(|| cipher::open(&key.secret, self.context(subject, &key), &sealed.bytes))
            .flatten();
        let mut plain = opened.ok_or(SealError::Damaged(subject))?;
        Ok(Opened::Plain(std::mem::take(&mut *plain)))
    }
}

impl KeyRing {
    /// A sealer for [`kernel::seal::within`]. Keys that it lacks come out of there as missing.
    pub fn sealer(&self, keys: &SubjectKeys) -> Arc<dyn Sealer> {
        Arc::new(FieldSealer::new(self, keys))
    }
}
