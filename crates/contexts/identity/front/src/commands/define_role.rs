//! Define role: makes a role of the workspace's own, or gives it another meaning. Drop role takes it away.

use kernel::{Actor, Permission};

use crate::{Identity, IdentityError, Refusal, words};

/// Define role.
#[derive(Debug)]
pub struct DefineRole {
    /// Its name; none that is built in.
    pub role: String,
    /// Names of permissions; none that the actor lacks.
    pub permissions: Vec<String>,
    /// The version of the workspace that the actor has seen; `None` for whatever it is.
    pub expected: Option<u64>,
}

impl Identity {
    /// Makes or changes a role of the actor's workspace; gives the workspace's new version.
    ///
    /// # Errors
    /// Forbidden without `members:manage`; `identity.bad_name`, `identity.unknown_permission`, `identity.built_in_role`,
    /// `identity.beyond_authority`.
    #[tracing::instrument(name = "identity.define_role", skip_all, err(level = "debug"))]
    pub async fn define_role(&self, actor: &Actor, command: DefineRole) -> Result<u64, IdentityError> {
        let about = Some(format!("role:{}", command.role.chars().take(40).collect::<String>()));
        let done = async {
            actor.require(Permission::MembersManage)?;
            let DefineRole { role, permissions, expected } = command;
            let (role, may) = (words::slug(&role, "a name of a role")?, words::permissions(&permissions)?);
            let authority = actor.permissions().to_vec();
            self.change_workspace(actor, expected, move |known| known.define_role(role, &may, &authority)).await
        };
        let done = done.await;
        self.note(actor, ("define_role", about), done).await
    }

    /// Takes a role of the workspace's own away.
    ///
    /// # Errors
    /// Forbidden without `members:manage`; `identity.built_in_role`, `identity.no_such_role`, `identity.role_in_use`.
    #[tracing::instrument(name = "identity.drop_role", skip_all, err(level = "debug"))]
    pub async fn drop_role(&self, actor: &Actor, role: &str) -> Result<(), IdentityError> {
        let role: String = role.chars().take(40).collect();
        let about = Some(format!("role:{role}"));
        let done = async {
            actor.require(Permission::MembersManage)?;
            // Whoever defined it once more would give its permissions to a key that everybody has forgotten.
            let select =
                "SELECT 1 FROM identity_api_keys WHERE workspace_id = $1 AND role = $2 AND revoked_at IS NULL LIMIT 1";
            let tenant = self.inner.log.database().tenant(actor.workspace);
            if !tenant.all(select, sql::args![role.as_str()]).await?.is_empty() {
                return Err(Refusal::RoleInUse { role }.into());
            }
            self.change_workspace(actor, None, move |known| known.drop_role(role)).await.map(|_| ())
        };
        let done = done.await;
        self.note(actor, ("drop_role", about), done).await
    }
}
