//! Set password: the person who asks chooses another one, and their other sessions end.

use identity_model::User;
use kernel::{Actor, Personal, SubjectId, UserId};

use crate::{
    INSTALLATION, Identity, IdentityError, Password, Proof, SessionId, audit::target, commands::person, sessions::Which,
};

/// Set password.
#[derive(Debug)]
pub struct SetPassword {
    /// The present one.
    pub present: Password,
    /// The next one.
    pub next: Password,
    /// The session that goes on; `None` ends all.
    pub keep: Option<SessionId>,
}

impl Identity {
    /// Gives the account of the person who asks another password.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; [`IdentityError::BadCredentials`] where the present one is wrong;
    /// `identity.weak_password`, `identity.breached_password`, `identity.too_many_attempts`.
    #[tracing::instrument(name = "identity.set_password", skip_all, err(level = "debug"))]
    pub async fn set_password(&self, actor: &Actor, command: SetPassword) -> Result<(), IdentityError> {
        let done = self.try_set_password(actor, command).await;
        self.note(actor, ("set_password", target("user", actor_id(actor))), done).await
    }

    async fn try_set_password(&self, actor: &Actor, command: SetPassword) -> Result<(), IdentityError> {
        let user = person(actor)?;
        self.prove(user, &Proof { password: Some(command.present), code: None }).await?;
        self.put_password(actor, user, &command.next).await?;
        self.end_sessions(user, Which::AllBut(command.keep)).await.map(|_| ())
    }

    /// Checks a password against what is known of its owner, and stores its hash.
    pub(super) async fn put_password(&self, actor: &Actor, user: UserId, next: &Password) -> Result<(), IdentityError> {
        let (known, _) = self.inner.log.get::<User>(INSTALLATION, user).await?;
        if !known.is_registered() {
            return Err(IdentityError::NotFound { what: "user" });
        }
        let (email, name) = known.about().unwrap_or_default();
        self.inner.passwords.check(next, &[email, name]).await?;
        let hash = Personal::of(SubjectId(user.0), self.inner.passwords.hash(next).await?);
        self.change_user(actor, user, move |known: &User| known.set_password(hash)).await
    }

    pub(crate) async fn password_of(&self, user: UserId) -> Result<Option<String>, IdentityError> {
        let select = "SELECT password FROM identity_users WHERE workspace_id = $1 AND user_id = $2";
        let log = &self.inner.log;
        let rows = log.database().tenant(INSTALLATION).all(select, sql::args![user.0]).await?;
        match rows.first().map(|row| row.get::<Option<String>>(0)).transpose()?.flatten() {
            Some(sealed) => crate::directory::opened(log, INSTALLATION, &sealed).await,
            None => Ok(None),
        }
    }
}

fn actor_id(actor: &Actor) -> uuid::Uuid {
    person(actor).map_or(uuid::Uuid::nil(), |user| user.0)
}
