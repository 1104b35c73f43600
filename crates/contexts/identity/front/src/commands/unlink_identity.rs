//! Unlink identity: a person at a provider does not sign in to the account any more.

use identity_model::LinkedIdentity;
use kernel::Actor;

use crate::{INSTALLATION, Identity, IdentityError, LinkedIdentityId, audit::target, commands::person};

impl Identity {
    /// Ends a link of the person who asks. Who has no password asks for a reset then.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; [`IdentityError::NotFound`] for one that is not theirs.
    #[tracing::instrument(name = "identity.unlink_identity", skip_all, err(level = "debug"))]
    pub async fn unlink_identity(&self, actor: &Actor, link: LinkedIdentityId) -> Result<(), IdentityError> {
        let done = async {
            let user = person(actor)?;
            let there = Actor::new(INSTALLATION, actor.who, []);
            let rule =
                move |known: &LinkedIdentity| known.unlink(user).ok_or(IdentityError::NotFound { what: "identity" });
            self.inner.log.change::<LinkedIdentity, IdentityError, IdentityError>(&there, link, rule).await?;
            Ok(())
        };
        let done = done.await;
        self.note(actor, ("unlink_identity", target("identity", link.0)), done).await
    }
}
