//! Request password reset and reset password: by a link that is mailed to the account's address.

use identity_model::User;
use kernel::{Actor, Personal, SubjectId, UserId, Who};

use crate::{
    EmailAddress, INSTALLATION, Identity, IdentityError, Password,
    audit::{Entry, target},
    jobs::{ResetArgs, START_RESET},
    links::{self, LinkFor},
    sessions::Which,
};

/// Reset password.
#[derive(Debug)]
pub struct ResetPassword {
    /// The secret of the mail.
    pub token: Password,
    /// The next password.
    pub password: Password,
}

impl Identity {
    /// Asks for a link. The answer, and the time that it takes, is the same whether there is an account or not: a job
    /// looks for it.
    ///
    /// # Errors
    /// `identity.bad_email`, `identity.too_many_attempts`, those of the queue.
    #[tracing::instrument(name = "identity.request_password_reset", skip_all, err(level = "debug"))]
    pub async fn request_password_reset(&self, email: &EmailAddress) -> Result<(), IdentityError> {
        let done = async {
            self.slow_down_address().await?;
            let jobs = &self.inner.jobs;
            // Nobody's subject: it tells nothing of an account, and ends with the job.
            let subject = SubjectId(self.inner.log.source().uuid());
            let args = ResetArgs { email: Personal::of(subject, email.as_str().to_owned()) };
            jobs.enqueue(jobs.job(INSTALLATION, START_RESET, &args).await?).await?;
            Ok(())
        };
        let done = done.await;
        self.put_down(INSTALLATION, Entry::by_stranger("request_password_reset", None), &done).await;
        done
    }

    /// Gives the account of a link another password, and ends all of its sessions. The link works once.
    ///
    /// # Errors
    /// [`IdentityError::BadLink`]; `identity.weak_password`, after which the link is still good.
    #[tracing::instrument(name = "identity.reset_password", skip_all, err(level = "debug"))]
    pub async fn reset_password(&self, command: ResetPassword) -> Result<(), IdentityError> {
        let mut known = None;
        let done = self.try_reset(&command, &mut known).await;
        let entry = match known {
            Some(user) => {
                let actor = Actor::new(INSTALLATION, Who::User(user), []);
                Entry::by(&actor, "reset_password", target("user", user.0))
            }
            None => Entry::by_stranger("reset_password", None),
        };
        self.put_down(INSTALLATION, entry, &done).await;
        done
    }

    async fn try_reset(&self, command: &ResetPassword, known: &mut Option<UserId>) -> Result<(), IdentityError> {
        self.slow_down_address().await?;
        let (log, token) = (&self.inner.log, command.token.expose());
        let user = UserId(links::look(log, LinkFor::Reset, token).await?);
        *known = Some(user);
        let (account, _) = log.get::<User>(INSTALLATION, user).await?;
        let (email, name) = account.about().ok_or(IdentityError::BadLink)?;
        self.inner.passwords.check(&command.password, &[email, name]).await?;
        links::take(log, LinkFor::Reset, token).await?;
        let actor = Actor::new(INSTALLATION, Who::User(user), []);
        self.put_password(&actor, user, &command.password).await?;
        // The secret went to that address.
        self.change_user(&actor, user, User::verify_email).await?;
        self.end_sessions(user, Which::AllBut(None)).await.map(|_| ())
    }
}
