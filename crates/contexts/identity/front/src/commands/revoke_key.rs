//! Revoke key: it opens nothing any more.

use identity_model::ApiKey;
use kernel::{Actor, KeyId, Permission};

use crate::{Identity, IdentityError, audit::target};

impl Identity {
    /// Revokes a key of the actor's workspace; said again, it changes nothing.
    ///
    /// # Errors
    /// Forbidden without `keys:manage`; [`IdentityError::NotFound`].
    #[tracing::instrument(name = "identity.revoke_key", skip_all, err(level = "debug"))]
    pub async fn revoke_key(&self, actor: &Actor, key: KeyId) -> Result<(), IdentityError> {
        let done = async {
            actor.require(Permission::KeysManage)?;
            let rule = |known: &ApiKey| known.revoke().ok_or(IdentityError::NotFound { what: "key" });
            self.inner.log.change::<ApiKey, IdentityError, IdentityError>(actor, key, rule).await?;
            self.inner.verified.outdate();
            Ok(())
        };
        let done = done.await;
        self.note(actor, ("revoke_key", target("key", key.0)), done).await
    }
}
