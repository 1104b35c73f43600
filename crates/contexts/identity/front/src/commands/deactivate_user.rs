//! Deactivate and reactivate user: a member's account may not, or may again, be used anywhere in the installation.

use identity_model::{User, UserEvent, Workspace};
use kernel::{Actor, Permission, UserId};

use crate::{INSTALLATION, Identity, IdentityError, Refusal, audit::target, sessions::Which};

impl Identity {
    /// Ends the use of a member's account, with all of its sessions.
    ///
    /// # Errors
    /// Forbidden without `members:manage`, or where the member may more than the actor; not found for who is no member.
    #[tracing::instrument(name = "identity.deactivate_user", skip_all, err(level = "debug"))]
    pub async fn deactivate_user(&self, actor: &Actor, user: UserId) -> Result<(), IdentityError> {
        let done = async {
            self.over_member(actor, user).await?;
            self.change_user(actor, user, User::deactivate).await?;
            self.end_sessions(user, Which::AllBut(None)).await.map(|_| ())
        };
        let done = done.await;
        self.note(actor, ("deactivate_user", target("user", user.0)), done).await
    }

    /// Lets a member's account be used again.
    ///
    /// # Errors
    /// As [`Identity::deactivate_user`].
    #[tracing::instrument(name = "identity.reactivate_user", skip_all, err(level = "debug"))]
    pub async fn reactivate_user(&self, actor: &Actor, user: UserId) -> Result<(), IdentityError> {
        let done = async {
            self.over_member(actor, user).await?;
            self.change_user(actor, user, User::reactivate).await
        };
        let done = done.await;
        self.note(actor, ("reactivate_user", target("user", user.0)), done).await
    }

    /// Whether the actor may decide on this member's account: in each of the member's workspaces the account may no more than the
    /// actor may here, or an administrator of one workspace could lock the owner of another out.
    async fn over_member(&self, actor: &Actor, user: UserId) -> Result<(), IdentityError> {
        actor.require(Permission::MembersManage)?;
        let (workspace, _) = self.inner.log.get::<Workspace>(actor.workspace, actor.workspace).await?;
        let role = workspace.role_of(user).ok_or(Refusal::NoSuchMember)?;
        workspace.within(role, actor.permissions())?;
        if role == identity_model::roles::OWNER {
            workspace.remove_member(user, actor.permissions())?;
        }
        let memberships = crate::directory::memberships(&self.inner.log, user).await?;
        if memberships.iter().any(|each| each.workspace != actor.workspace) {
            return Err(Refusal::BeyondAuthority.into());
        }
        Ok(())
    }

    /// A change of an account.
    pub(super) async fn change_user(
        &self,
        actor: &Actor,
        user: UserId,
        rule: impl FnOnce(&User) -> Vec<UserEvent> + Send + 'static,
    ) -> Result<(), IdentityError> {
        // Accounts live in a workspace of their own; who acts stays the same.
        let there = Actor::new(INSTALLATION, actor.who, []);
        let rule = move |known: &User| Ok::<_, IdentityError>(rule(known));
        self.inner.log.change::<User, IdentityError, IdentityError>(&there, user, rule).await?;
        self.inner.verified.outdate();
        Ok(())
    }
}
