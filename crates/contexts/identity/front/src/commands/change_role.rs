//! Change role: a member may something else from now on.

use kernel::{Actor, Permission, UserId};

use crate::{Identity, IdentityError, audit::target};

/// Change role.
#[derive(Debug)]
pub struct ChangeRole {
    /// Whose.
    pub user: UserId,
    /// The new one; neither it nor the present one may more than the actor.
    pub role: String,
    /// The version of the workspace that the actor has seen; `None` for whatever it is.
    pub expected: Option<u64>,
}

impl Identity {
    /// Gives a member of the actor's workspace another role; gives the workspace's new version.
    ///
    /// # Errors
    /// Forbidden without `members:manage`; `identity.last_owner`, `identity.beyond_authority`, `identity.no_such_role`,
    /// `identity.not_found`, `eventlog.moved`.
    #[tracing::instrument(name = "identity.change_role", skip_all, err(level = "debug"))]
    pub async fn change_role(&self, actor: &Actor, command: ChangeRole) -> Result<u64, IdentityError> {
        let ChangeRole { user, role, expected } = command;
        let done = async {
            actor.require(Permission::MembersManage)?;
            let authority = actor.permissions().to_vec();
            self.change_workspace(actor, expected, move |known| known.change_role(user, role, &authority)).await
        };
        let done = done.await;
        self.note(actor, ("change_role", target("member", user.0)), done).await
    }
}
