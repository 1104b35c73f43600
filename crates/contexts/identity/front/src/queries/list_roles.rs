//! List roles: the built-in ones and the workspace's own, with what each may.

use identity_model::{Workspace, roles};
use kernel::{Actor, Permission};

use crate::{Identity, IdentityError};

/// One role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRow {
    /// Its name.
    pub role: String,
    /// Whether it is the same in every workspace.
    pub built_in: bool,
    /// What it may.
    pub permissions: Vec<Permission>,
}

impl Identity {
    /// Roles of the actor's workspace, the built-in ones first, and the version of the workspace that they are of.
    ///
    /// # Errors
    /// Forbidden without `members:read`.
    #[tracing::instrument(name = "identity.list_roles", skip_all, err(level = "debug"))]
    pub async fn list_roles(&self, actor: &Actor) -> Result<(u64, Vec<RoleRow>), IdentityError> {
        actor.require(Permission::MembersRead)?;
        let (known, version) = self.inner.log.get::<Workspace>(actor.workspace, actor.workspace).await?;
        let row = |role: &str, built_in| {
            let permissions = known.permissions(role).unwrap_or_default();
            RoleRow { role: role.to_owned(), built_in, permissions }
        };
        let built_in = roles::BUILT_IN.iter().map(|role| row(role, true));
        Ok((version, built_in.chain(known.own_roles().map(|role| row(role, false))).collect()))
    }
}
