//! Require second factor: whether a session may anything in the workspace without one.

use identity_model::User;
use kernel::{Actor, Permission, Who};

use crate::{INSTALLATION, Identity, IdentityError, audit::target};

impl Identity {
    /// Rules it for the actor's workspace; gives the workspace's new version. Sessions that were begun by a password alone may nothing
    /// from then on but what concerns their own account: they add a factor and sign in again. API keys go on.
    ///
    /// # Errors
    /// Forbidden without `workspace:manage`; [`IdentityError::FactorRequired`] for a person who has none and would lock
    /// themselves out; `eventlog.moved`.
    #[tracing::instrument(name = "identity.require_second_factor", skip_all, err(level = "debug"))]
    pub async fn require_second_factor(
        &self,
        actor: &Actor,
        required: bool,
        expected: Option<u64>,
    ) -> Result<u64, IdentityError> {
        let done = async {
            actor.require(Permission::WorkspaceManage)?;
            if let (true, Who::User(user)) = (required, actor.who) {
                let (known, _) = self.inner.log.get::<User>(INSTALLATION, user).await?;
                if !known.factors().any() {
                    return Err(IdentityError::FactorRequired);
                }
            }
            self.change_workspace(actor, expected, move |known| known.rule_second_factor(required)).await
        };
        let done = done.await;
        self.note(actor, ("require_second_factor", target("workspace", actor.workspace.0)), done).await
    }
}
