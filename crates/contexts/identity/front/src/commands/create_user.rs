//! Create user: an operator or administrator makes an account, which is a member of their workspace.

use eventlog::LogError;
use identity_model::{User, Workspace};
use kernel::{Actor, Permission, Personal, SubjectId, UserId};

use crate::{EmailAddress, INSTALLATION, Identity, IdentityError, Password, audit::target, directory, words};

/// Create user.
#[derive(Debug)]
pub struct CreateUser {
    /// Their address; nobody may have an account with it.
    pub email: EmailAddress,
    /// Their name.
    pub name: String,
    /// `None` where they choose one by a reset.
    pub password: Option<Password>,
    /// Role in the actor's workspace; may no more than the actor.
    pub role: String,
}

impl Identity {
    /// Makes an account and adds it to the actor's workspace.
    ///
    /// # Errors
    /// Forbidden without `members:manage`; [`IdentityError::EmailTaken`], `identity.weak_password`, and the refusals of
    /// the workspace.
    #[tracing::instrument(name = "identity.create_user", skip_all, err(level = "debug"))]
    pub async fn create_user(&self, actor: &Actor, command: CreateUser) -> Result<UserId, IdentityError> {
        let done = self.try_create_user(actor, command).await;
        let user = done.as_ref().ok().and_then(|user| target("user", user.0));
        self.note(actor, ("create_user", user), done).await
    }

    async fn try_create_user(&self, actor: &Actor, command: CreateUser) -> Result<UserId, IdentityError> {
        actor.require(Permission::MembersManage)?;
        let CreateUser { email, name, password, role } = command;
        self.may_add(actor, &role).await?;
        let hash = match &password {
            Some(password) => Some(self.hash_of_new((&email, &name), password).await?),
            None => None,
        };
        self.add_account(actor, (&email, &name), (role, hash)).await
    }

    /// Refused before anything is computed or stored; the rule is asked again when the member is added.
    pub(super) async fn may_add(&self, actor: &Actor, role: &str) -> Result<(), IdentityError> {
        let (workspace, _) = self.inner.log.get::<Workspace>(actor.workspace, actor.workspace).await?;
        let somebody = UserId(self.inner.log.source().uuid());
        workspace.add_member(somebody, role.to_owned(), actor.permissions())?;
        Ok(())
    }

    /// An account, and its place in the actor's workspace.
    pub(super) async fn add_account(
        &self,
        actor: &Actor,
        (email, name): (&EmailAddress, &str),
        (role, hash): (String, Option<String>),
    ) -> Result<UserId, IdentityError> {
        let user = UserId(self.inner.log.source().uuid());
        self.register_hashed(user, (email, name), hash).await?;
        let authority = actor.permissions().to_vec();
        self.change_workspace(actor, None, move |workspace| workspace.add_member(user, role, &authority)).await?;
        Ok(user)
    }

    /// Makes an account. Who makes it has checked who may.
    pub(super) async fn register(
        &self,
        user: UserId,
        (email, name): (&EmailAddress, &str),
        password: Option<&Password>,
    ) -> Result<(), IdentityError> {
        let hash = match password {
            Some(password) => Some(self.hash_of_new((email, name), password).await?),
            None => None,
        };
        self.register_hashed(user, (email, name), hash).await
    }

    async fn hash_of_new(
        &self,
        (email, name): (&EmailAddress, &str),
        password: &Password,
    ) -> Result<String, IdentityError> {
        let name = words::person(name)?;
        self.inner.passwords.check(password, &[email.as_str(), &name]).await?;
        Ok(self.inner.passwords.hash(password).await?)
    }

    async fn register_hashed(
        &self,
        user: UserId,
        (email, name): (&EmailAddress, &str),
        hash: Option<String>,
    ) -> Result<(), IdentityError> {
        let name = words::person(name)?;
        if directory::by_email(&self.inner.log, email).await?.is_some() {
            return Err(IdentityError::EmailTaken);
        }
        let about = |text: String| Personal::of(SubjectId(user.0), text);
        let (email, name, hash) = (about(email.as_str().to_owned()), about(name), hash.map(about));
        let rule = move |known: &User| {
            let mut events = known.register(user, email, name);
            events.extend(hash.map(|hash| identity_model::UserEvent::PasswordSet { hash }));
            Ok::<_, IdentityError>(events)
        };
        let system = Actor::system(INSTALLATION);
        match self.inner.log.change::<User, IdentityError, IdentityError>(&system, user, rule).await {
            Ok(_) => Ok(()),
            // The stream is new: what was not unique is the address, registered by another call a moment ago.
            Err(IdentityError::Log(LogError::Overtaken)) => Err(IdentityError::EmailTaken),
            Err(error) => Err(error),
        }
    }
}
