//! Set up: the first start prints a link; who opens it becomes the first owner. There is no default password.

use futures::FutureExt;
use identity_engine::Link;
use identity_model::{Workspace, roles::OWNER};
use kernel::{Actor, UserId, Who, WorkspaceId};
use telemetry::Secret;

use crate::{
    EmailAddress, INSTALLATION, Identity, IdentityError, Password,
    audit::{Entry, target},
    links::{self, LinkFor},
};

/// Set up.
#[derive(Debug)]
pub struct SetUp {
    /// The secret of the link.
    pub token: Password,
    /// Address of the first owner.
    pub email: EmailAddress,
    /// Their name.
    pub name: String,
    /// Their password.
    pub password: Password,
}

impl Identity {
    /// Registers the project's workspace as `name`; while it has no owner, gives the link to set up, which takes the place of any
    /// earlier one. Makes sure that what is over is purged each hour. By the system, at each start.
    ///
    /// # Errors
    /// [`IdentityError::NameTaken`]; those of the database.
    pub async fn first_start(
        &self,
        workspace: WorkspaceId,
        name: &str,
    ) -> Result<Option<Secret<String>>, IdentityError> {
        self.register_workspace(workspace, name).await?;
        self.schedule_purge().await?;
        let log = &self.inner.log;
        let (known, _) = log.get::<Workspace>(workspace, workspace).await?;
        if known.has_owner() {
            return Ok(None);
        }
        let (secret, link) = Link::make(&*log.source().chance);
        let row =
            links::Row::new(LinkFor::SetUp, link, workspace.0, (log.source().now(), self.inner.settings.link_ttl));
        let tenant = log.database().tenant(INSTALLATION);
        tenant.write(move |tx| async move { Ok::<_, IdentityError>(links::keep(tx, row).await?) }.boxed()).await?;
        let base = self.inner.settings.public_url.trim_end_matches('/');
        Ok(Some(Secret::new(format!("{base}/set-up#token={}", secret.expose()))))
    }

    /// Whether the actor's workspace has an owner. For operators; nobody learns it over the API.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn has_owner(&self, actor: &Actor) -> Result<bool, IdentityError> {
        let (known, _) = self.inner.log.get::<Workspace>(actor.workspace, actor.workspace).await?;
        Ok(known.has_owner())
    }

    /// Makes the first owner of the link's workspace. The link works once.
    ///
    /// # Errors
    /// [`IdentityError::BadLink`], [`IdentityError::AlreadySetUp`]; `identity.weak_password`, after which the link is still
    /// good.
    #[tracing::instrument(name = "identity.set_up", skip_all, err(level = "debug"))]
    pub async fn set_up(&self, command: SetUp) -> Result<(WorkspaceId, UserId), IdentityError> {
        self.slow_down_address().await?;
        let workspace = WorkspaceId(links::look(&self.inner.log, LinkFor::SetUp, command.token.expose()).await?);
        let done = self.try_set_up(workspace, &command).await;
        let entry = match &done {
            Ok(user) => Entry::by(&Actor::new(workspace, Who::User(*user), []), "set_up", target("user", user.0)),
            Err(_) => Entry::by_stranger("set_up", None),
        };
        self.put_down(workspace, entry, &done).await;
        Ok((workspace, done?))
    }

    async fn try_set_up(&self, workspace: WorkspaceId, command: &SetUp) -> Result<UserId, IdentityError> {
        let SetUp { token, email, name, password } = command;
        let log = &self.inner.log;
        let fresh = UserId(log.source().uuid());
        let (known, _) = log.get::<Workspace>(workspace, workspace).await?;
        if known.has_owner() {
            return Err(IdentityError::AlreadySetUp);
        }
        // The link speaks for the installation's operator, who names an address of theirs.
        let user = self.own_account(fresh, (email, name), password).await?;
        links::take(log, LinkFor::SetUp, token.expose()).await?;
        let rule = move |known: &Workspace| {
            if known.has_owner() {
                return Ok(vec![]);
            }
            known.add_member(user, OWNER.to_owned(), kernel::Permission::ALL)
        };
        self.change_workspace(&Actor::system(workspace), None, rule).await?;
        Ok(user)
    }
}
