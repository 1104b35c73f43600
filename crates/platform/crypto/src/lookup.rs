//! Equality look-ups on sealed fields.

use kernel::WorkspaceId;

use crate::{
    CryptoError, KeyRing,
    secret::{Secret, hmac},
};

/// Makes tags by which a sealed value can be found: equal values of one workspace and purpose have equal tags, and
/// without the key a tag tells nothing.
///
/// Derived from the workspace's **first** key, so that rotation leaves all stored tags right. The price: when that key
/// leaks, guessed values can be checked against tags until a new purpose is chosen and all tags are made again; rotation
/// does not help. A tag also outlives its subject's key: a read model deletes it when the subject is erased.
#[derive(Debug)]
pub struct LookupKey(Secret);

impl LookupKey {
    /// The tag of a value; the caller brings values to one form first (case, spaces).
    pub fn tag(&self, value: &[u8]) -> [u8; 32] {
        hmac(self.0.bytes(), &[value])
    }
}

impl KeyRing {
    /// The key for one purpose, e.g. `profiles.email`; for many values at once.
    ///
    /// # Errors
    /// As [`KeyRing::ensure`]; a workspace without a key gets one.
    pub async fn lookup_key(&self, workspace: WorkspaceId, purpose: &str) -> Result<LookupKey, CryptoError> {
        let keys = self.workspace_keys(workspace).await?;
        Ok(LookupKey(keys.first().derive(&format!("lookup/{purpose}"))))
    }

    /// The tag of one value.
    ///
    /// # Errors
    /// As [`KeyRing::lookup_key`].
    pub async fn hmac(&self, workspace: WorkspaceId, purpose: &str, value: &[u8]) -> Result<[u8; 32], CryptoError> {
        Ok(self.lookup_key(workspace, purpose).await?.tag(value))
    }
}
