//! Personal data at rest: AES-256-GCM with a key per subject, so that forgetting a person is erasing a key.
//!
//! Keys stand in three tiers: the master keys (a file) wrap a workspace's keys, these wrap its subjects' keys, these
//! seal fields. Only wrapped keys are stored, in a [`KeyStore`] apart from the data. [`KeyRing`] is the front door.
//!
//! Invariants: a nonce is random and used once; what was sealed for one workspace, subject and key opens for no other
//! (they are authenticated with it); an erased subject never has a key again; rotation rewraps keys and never rewrites
//! data. At most 2^32 sealings under one key (NIST SP 800-38D, 8.3): a subject is one record or one user, and a
//! workspace key seals one wrapped key per subject, so both stay far below.
//!
//! Absent on purpose: sealing data again under a new subject key (facts are never rewritten), removal of old workspace
//! keys (look-ups hang on the first, see [`LookupKey`]), and wiping of the stack: what `ring` and a derivation put there
//! lives for one call. Keys that are kept stand on the heap and are wiped when dropped.

mod cipher;
mod closed;
mod error;
mod held;
mod keyring;
mod lookup;
mod master;
mod memory;
mod recent;
mod rotation;
mod sealer;
mod secret;
mod store;

pub use closed::ClosedKeyStore;
pub use error::CryptoError;
pub use held::SubjectKeys;
pub use keyring::{KeyRing, Limits};
pub use lookup::LookupKey;
pub use master::{MasterKeys, MasterTag, Origin};
pub use memory::MemoryKeyStore;
pub use rotation::Rotated;
pub use store::{
    Answer, KeyStore, MAX_BATCH, Rewrap, StoreError, StoredSubjectKey, StoredWorkspaceKey, SubjectRow, Wrapped,
};
