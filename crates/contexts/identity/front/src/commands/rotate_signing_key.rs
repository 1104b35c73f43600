//! Rotate signing key: by the operator, e.g. when a machine was lost. By itself it happens every `rotate_after`.

use kernel::{Actor, Permission};

use crate::{Identity, IdentityError};

impl Identity {
    /// Makes a new key, which signs from now on; tokens of the one before stay good for their time.
    ///
    /// # Errors
    /// Forbidden for whoever does not hold `workspace:manage`; those of the database.
    #[tracing::instrument(name = "identity.rotate_signing_key", skip_all, err(level = "debug"))]
    pub async fn rotate_signing_key(&self, actor: &Actor) -> Result<(), IdentityError> {
        let done = async {
            actor.require(Permission::WorkspaceManage)?;
            self.inner.signing.rotate().await
        };
        let done = done.await;
        self.note(actor, ("rotate_signing_key", None), done).await
    }
}
