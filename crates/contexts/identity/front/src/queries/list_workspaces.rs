//! List workspaces: those that the person who asks belongs to.

use identity_model::Workspace;
use kernel::{Actor, Who, WorkspaceId};

use crate::{Identity, IdentityError, directory};

/// One workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceRow {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// What the person is there; `None` for a key, which is no member.
    pub role: Option<String>,
    /// Whether it stays as it is.
    pub archived: bool,
    /// Whether a session may anything there without a second factor.
    pub requires_second_factor: bool,
}

impl Identity {
    /// Workspaces of the person who asks, by name, 500 at most; for a key and the system their own.
    ///
    /// # Errors
    /// Those of the database.
    #[tracing::instrument(name = "identity.list_workspaces", skip_all, err(level = "debug"))]
    pub async fn list_workspaces(&self, actor: &Actor) -> Result<Vec<WorkspaceRow>, IdentityError> {
        let log = &self.inner.log;
        match actor.who {
            Who::User(user) => {
                let all = directory::memberships(log, user).await?;
                let row = |each: directory::Membership| WorkspaceRow {
                    id: each.workspace,
                    name: each.name,
                    role: Some(each.role),
                    archived: each.archived,
                    requires_second_factor: each.requires_factor,
                };
                Ok(all.into_iter().map(row).collect())
            }
            Who::Key(_) | Who::System => {
                let (known, _) = log.get::<Workspace>(actor.workspace, actor.workspace).await?;
                let requires_second_factor = known.requires_factor();
                let (name, archived) = (known.name().to_owned(), known.is_archived());
                Ok(known
                    .exists()
                    .then_some(WorkspaceRow { id: actor.workspace, name, role: None, archived, requires_second_factor })
                    .into_iter()
                    .collect())
            }
        }
    }

    /// The workspace of a name, for command lines and settings of the operator; `None` where there is none.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn workspace_named(&self, name: &str) -> Result<Option<WorkspaceId>, IdentityError> {
        directory::workspace_named(&self.inner.log, name).await
    }
}
