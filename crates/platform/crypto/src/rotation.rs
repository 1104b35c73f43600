//! Rotation of keys while serving: keys are wrapped anew in bounded batches, data stays as it is.
//!
//! Every step leaves everything readable. A rotation that ended half-way is gone on with by calling it again; two at
//! once do no harm. What other processes wrapped with the former key before they heard of the new one (at most
//! [`Limits::expiry_ms`](crate::Limits) later) stays readable and is caught by the next call.

use std::sync::Arc;

use kernel::WorkspaceId;

use crate::{CryptoError, KeyRing, MasterKeys, Rewrap, held::SubjectKey};

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// The version that wraps now.
    pub version: u32,
    /// Keys of subjects that were wrapped anew.
    pub rewrapped: u64,
}

impl KeyRing {
    /// Gives the workspace a new key and wraps all its subjects' keys with it. Look-up keys stay as they are.
    ///
    /// # Errors
    /// As [`KeyRing::rewrap_subject_keys`].
    pub async fn rotate_workspace_key(&self, workspace: WorkspaceId) -> Result<Rotated, CryptoError> {
        let version = self.read_or_make_workspace_keys(workspace).await?.version() + 1;
        self.add_workspace_key(workspace, version).await?;
        self.rewrap_subject_keys(workspace).await
    }

    /// Wraps with the workspace's current key what an older one wrapped: goes on with a rotation that was cut off.
    ///
    /// # Errors
    /// `crypto.key_damaged`, `crypto.key_lost` or `crypto.unknown_master_key` for a key that does not open,
    /// `crypto.store`. What was done until then stays done.
    pub async fn rewrap_subject_keys(&self, workspace: WorkspaceId) -> Result<Rotated, CryptoError> {
        let keys = self.read_or_make_workspace_keys(workspace).await?;
        let mut rotated = Rotated { version: keys.version(), rewrapped: 0 };
        let mut after = None;
        loop {
            let page = self.store().subject_keys_before(workspace, rotated.version, after, self.batch()).await;
            let page = page.map_err(CryptoError::Store)?;
            let Some(last) = page.last() else { return Ok(rotated) };
            after = Some(last.subject);
            let mut changes = Vec::with_capacity(page.len());
            for old in page {
                let key: SubjectKey = keys.unwrap(&old)?;
                let new = keys.wrap(old.subject, &key, self.chance())?;
                changes.push(Rewrap::Subject { workspace, old, new });
            }
            rotated.rewrapped += self.store().rewrap(&changes).await.map_err(CryptoError::Store)?;
        }
    }

    /// Wraps the keys of all workspaces with the current master key. Gives how many were wrapped anew: when it is 0
    /// and no process has another current key, the older master keys can be taken from the file.
    ///
    /// # Errors
    /// As [`KeyRing::rewrap_subject_keys`].
    pub async fn rotate_master(&self) -> Result<u64, CryptoError> {
        let master = self.master();
        let (mut rewrapped, mut after) = (0, None);
        loop {
            let page = self.store().workspace_keys_not_under(master.current(), after, self.batch()).await;
            let page = page.map_err(CryptoError::Store)?;
            let Some(last) = page.last() else { return Ok(rewrapped) };
            after = Some((last.workspace, last.version));
            let mut changes = Vec::with_capacity(page.len());
            for old in page {
                let new = master.wrap(&master.unwrap(&old)?, (old.workspace, old.version), self.chance())?;
                changes.push(Rewrap::Workspace { old, new });
            }
            rewrapped += self.store().rewrap(&changes).await.map_err(CryptoError::Store)?;
        }
    }

    /// Takes the master keys of a file that was read again.
    ///
    /// To rotate without a pause: add the new key as a second line wherever the file is, have every process read it,
    /// move it to the first line, read again, [`KeyRing::rotate_master`], and remove the old line.
    pub fn use_master(&self, master: MasterKeys) {
        self.set_master(Arc::new(master));
    }
}
