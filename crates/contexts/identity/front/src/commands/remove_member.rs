//! Remove member: a user belongs to the workspace no more, and their sessions in it end.

use kernel::{Actor, Permission, UserId};
use sql::args;

use crate::{Identity, IdentityError, audit::target};

impl Identity {
    /// Takes a member out of the actor's workspace.
    ///
    /// # Errors
    /// Forbidden without `members:manage`; `identity.last_owner`, `identity.beyond_authority`, `identity.not_found`.
    #[tracing::instrument(name = "identity.remove_member", skip_all, err(level = "debug"))]
    pub async fn remove_member(&self, actor: &Actor, user: UserId) -> Result<(), IdentityError> {
        let done = self.try_remove(actor, user).await;
        self.note(actor, ("remove_member", target("member", user.0)), done).await
    }

    async fn try_remove(&self, actor: &Actor, user: UserId) -> Result<(), IdentityError> {
        actor.require(Permission::MembersManage)?;
        let authority = actor.permissions().to_vec();
        self.change_workspace(actor, None, move |known| known.remove_member(user, &authority)).await?;
        let update = "UPDATE identity_sessions SET revoked_at = $2
             WHERE workspace_id = $1 AND user_id = $3 AND workspace = $4 AND revoked_at IS NULL";
        let now = self.inner.log.source().now();
        self.installation(update, args![now, user.0, actor.workspace.0]).await?;
        self.inner.verified.outdate();
        Ok(())
    }
}
