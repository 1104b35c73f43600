//! Why personal data could not be sealed or opened. No error carries a value or a key.

use std::{error::Error, io, path::PathBuf};

use kernel::{ErrorKind, ProductError, SubjectId, WorkspaceId, seal::SealError};

use crate::MasterTag;

/// Every way in which keys fail.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// The file of master keys cannot be read.
    #[error("could not read the master keys from {}", path.display())]
    MasterKeyUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others may read or change the file of master keys.
    #[error("could not trust the master keys in {}: its mode {mode:o} lets others in", path.display())]
    MasterKeyExposed {
        /// The file.
        path: PathBuf,
        /// Permission bits.
        mode: u32,
    },
    /// The file of master keys is not as it must be.
    #[error("could not take the master keys from {}: {detail}", path.display())]
    MasterKeyMalformed {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong; never the text itself.
        detail: &'static str,
    },
    /// The first master key could not be stored.
    #[error("could not write a new master key to {}", path.display())]
    MasterKeyNotWritten {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A workspace's key was wrapped by a master key that is not in the file.
    #[error("could not unwrap key {version} of workspace {workspace}: master key {master} is not in the file")]
    UnknownMasterKey {
        /// The workspace.
        workspace: WorkspaceId,
        /// Which of its keys.
        version: u32,
        /// The master key that is needed.
        master: MasterTag,
    },
    /// A stored key does not open with the key that wrapped it.
    #[error("could not unwrap {what}: it is not as it was stored")]
    KeyDamaged {
        /// Whose key.
        what: String,
    },
    /// Something is sealed with a key that the store does not have, nor the mark of its erasure.
    #[error("could not find {what} in the key store")]
    KeyLost {
        /// Whose key.
        what: String,
    },
    /// Nothing is written about an erased subject any more.
    #[error("could not seal personal data: subject {subject} was erased")]
    SubjectErased {
        /// Who.
        subject: SubjectId,
    },
    /// Sealed bytes were changed, or they belong elsewhere.
    #[error("could not open personal data of subject {subject}: it is not as it was sealed")]
    FieldDamaged {
        /// Whose.
        subject: SubjectId,
    },
    /// The work asks for other keys each time that it is done.
    #[error("could not gather the keys of {subjects} subjects: each try asks for others")]
    Unsettled {
        /// How many were missing in the last try.
        subjects: usize,
    },
    /// The cipher refused.
    #[error("could not seal {what}")]
    Cipher {
        /// What.
        what: String,
    },
    /// The key store does not answer.
    #[error("could not reach the key store")]
    Store(#[source] Box<dyn Error + Send + Sync>),
}

impl From<SealError> for CryptoError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Missing(subjects) => Self::Unsettled { subjects: subjects.len() },
            SealError::Erased(subject) => Self::SubjectErased { subject },
            SealError::Damaged(subject) => Self::FieldDamaged { subject },
            SealError::Refused(subject) => Self::Cipher { what: format!("personal data of subject {subject}") },
        }
    }
}

impl ProductError for CryptoError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::MasterKeyUnreadable { .. }
            | Self::MasterKeyExposed { .. }
            | Self::MasterKeyMalformed { .. }
            | Self::MasterKeyNotWritten { .. } => ErrorKind::Invalid,
            Self::SubjectErased { .. } => ErrorKind::NotFound,
            Self::UnknownMasterKey { .. } | Self::Store(_) => ErrorKind::Unavailable,
            Self::KeyDamaged { .. }
            | Self::KeyLost { .. }
            | Self::FieldDamaged { .. }
            | Self::Unsettled { .. }
            | Self::Cipher { .. } => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::MasterKeyUnreadable { .. } => "crypto.master_key_unreadable",
            Self::MasterKeyExposed { .. } => "crypto.master_key_exposed",
            Self::MasterKeyMalformed { .. } => "crypto.master_key_malformed",
            Self::MasterKeyNotWritten { .. } => "crypto.master_key_not_written",
            Self::UnknownMasterKey { .. } => "crypto.unknown_master_key",
            Self::KeyDamaged { .. } => "crypto.key_damaged",
            Self::KeyLost { .. } => "crypto.key_lost",
            Self::SubjectErased { .. } => "crypto.subject_erased",
            Self::FieldDamaged { .. } => "crypto.field_damaged",
            Self::Unsettled { .. } => "crypto.unsettled",
            Self::Cipher { .. } => "crypto.cipher",
            Self::Store(_) => "crypto.store",
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::MasterKeyMalformed { path, line, .. } => Some(format!("{}:{line}", path.display())),
            Self::MasterKeyUnreadable { path, .. }
            | Self::MasterKeyExposed { path, .. }
            | Self::MasterKeyNotWritten { path, .. } => Some(path.display().to_string()),
            _ => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::MasterKeyUnreadable { .. } => {
                "give the file to the user that runs the server, or correct `crypto.master_key_file`".into()
            }
            Self::MasterKeyExposed { path, .. } => {
                format!("chmod 600 {}; if others had time to read it, rotate the master key", path.display())
            }
            Self::MasterKeyMalformed { .. } => "restore the file from its backup".into(),
            Self::MasterKeyNotWritten { .. } => {
                "make the folder writable, or set `crypto.master_key_file` to a place that is".into()
            }
            Self::UnknownMasterKey { .. } => "add the line of that master key to the file of master keys".into(),
            Self::KeyDamaged { .. } | Self::KeyLost { .. } => "restore the key store from its backup".into(),
            Self::SubjectErased { .. } => "store the person's data as a new record or a new user".into(),
            Self::FieldDamaged { .. } => "verify the event log, then restore what is damaged from a backup".into(),
            Self::Store(_) => "try again when the database of keys answers".into(),
            Self::Unsettled { .. } | Self::Cipher { .. } => return None,
        };
        Some(remedy)
    }
}
