//! Create workspace, register the project's one, rename, archive.

use eventlog::LogError;
use identity_model::{Workspace, WorkspaceEvent, roles::OWNER};
use kernel::{Actor, Permission, WorkspaceId};

use crate::{Identity, IdentityError, audit::target, commands::person, directory, words};

impl Identity {
    /// Makes a workspace, of which the person who asks is the owner. Its name is free in the installation.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; [`IdentityError::NameTaken`], `identity.bad_name`.
    #[tracing::instrument(name = "identity.create_workspace", skip_all, err(level = "debug"))]
    pub async fn create_workspace(&self, actor: &Actor, name: &str) -> Result<WorkspaceId, IdentityError> {
        let done = async {
            let user = person(actor)?;
            let id = WorkspaceId(self.inner.log.source().uuid());
            let name = self.free_name(name).await?;
            let there = Actor::new(id, actor.who, []);
            let rule = move |known: &Workspace| {
                let mut events = known.create(id, name);
                events.push(WorkspaceEvent::MemberAdded { user, role: OWNER.to_owned() });
                Ok(events)
            };
            self.change_workspace(&there, None, rule).await.map_err(name_taken)?;
            Ok(id)
        };
        let done = done.await;
        let id = done.as_ref().ok().and_then(|id| target("workspace", id.0));
        self.note(actor, ("create_workspace", id), done).await
    }

    /// Makes sure that a workspace of the project's id exists; said again, it changes nothing. By the system, at each start.
    ///
    /// # Errors
    /// [`IdentityError::NameTaken`] where another workspace has the name.
    pub async fn register_workspace(&self, id: WorkspaceId, name: &str) -> Result<(), IdentityError> {
        let (known, _) = self.inner.log.get::<Workspace>(id, id).await?;
        if known.exists() {
            return Ok(());
        }
        let name = self.free_name(name).await?;
        let rule = move |known: &Workspace| Ok(known.create(id, name));
        self.change_workspace(&Actor::system(id), None, rule).await.map_err(name_taken)?;
        Ok(())
    }

    /// Gives the actor's workspace another name. `expected` is the version that they have seen.
    ///
    /// # Errors
    /// Forbidden without `workspace:manage`; [`IdentityError::NameTaken`], `identity.bad_name`, `eventlog.moved`.
    #[tracing::instrument(name = "identity.rename_workspace", skip_all, err(level = "debug"))]
    pub async fn rename_workspace(
        &self,
        actor: &Actor,
        name: &str,
        expected: Option<u64>,
    ) -> Result<u64, IdentityError> {
        let done = async {
            actor.require(Permission::WorkspaceManage)?;
            let name = words::slug(name, "a name of a workspace")?;
            match directory::workspace_named(&self.inner.log, &name).await? {
                Some(other) if other != actor.workspace => return Err(IdentityError::NameTaken),
                _ => {}
            }
            self.change_workspace(actor, expected, move |known| known.rename(name)).await.map_err(name_taken)
        };
        let done = done.await;
        self.note(actor, ("rename_workspace", target("workspace", actor.workspace.0)), done).await
    }

    /// Archives the actor's workspace: its members, roles and name stay as they are.
    ///
    /// # Errors
    /// Forbidden without `workspace:manage`.
    #[tracing::instrument(name = "identity.archive_workspace", skip_all, err(level = "debug"))]
    pub async fn archive_workspace(&self, actor: &Actor) -> Result<(), IdentityError> {
        let done = async {
            actor.require(Permission::WorkspaceManage)?;
            self.change_workspace(actor, None, |known| Ok(known.archive())).await.map(|_| ())
        };
        let done = done.await;
        self.note(actor, ("archive_workspace", target("workspace", actor.workspace.0)), done).await
    }

    pub(super) async fn free_name(&self, name: &str) -> Result<String, IdentityError> {
        let name = words::slug(name, "a name of a workspace")?;
        match directory::workspace_named(&self.inner.log, &name).await? {
            Some(_) => Err(IdentityError::NameTaken),
            None => Ok(name),
        }
    }
}

/// What was not unique is the name: another workspace took it a moment ago.
pub(super) fn name_taken(error: IdentityError) -> IdentityError {
    if matches!(error, IdentityError::Log(LogError::Overtaken)) { IdentityError::NameTaken } else { error }
}
