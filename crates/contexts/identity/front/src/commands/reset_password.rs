//! Request password reset and reset password: by a link that is mailed to the account's address.

use identity_model::User;
use kernel::{Actor, Personal, SubjectId, UserId, Who};

use crate::{
    EmailAddress, INSTALLATION, Identity, IdentityError, Password,
    audit::{Entry, target},
    challenges, directory,
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
        self.take_over(&actor, user, &command.password).await
    }

    /// The account of an address whose mails somebody has shown to get, which is `fresh` where there is none: a new one has the
    /// password, one that was verified keeps its own, and any other is taken over.
    pub(super) async fn own_account(
        &self,
        fresh: UserId,
        (email, name): (&EmailAddress, &str),
        password: &Password,
    ) -> Result<UserId, IdentityError> {
        let found = directory::by_email(&self.inner.log, email).await?;
        let user = found.map_or(fresh, |found| found.user);
        let actor = Actor::new(INSTALLATION, Who::User(user), []);
        let (account, _) = self.inner.log.get::<User>(INSTALLATION, user).await?;
        if !account.is_registered() {
            self.register(user, (email, name), Some(password)).await?;
            self.change_user(&actor, user, User::verify_email).await?;
        } else if !account.is_verified() {
            self.take_over(&actor, user, password).await?;
        }
        Ok(user)
    }

    /// The account of who has the secret that went to its address: theirs from now on, and nobody else's. Sessions end last: whoever
    /// was signed in until then has nothing left that they could finish.
    async fn take_over(&self, actor: &Actor, user: UserId, password: &Password) -> Result<(), IdentityError> {
        self.put_password(actor, user, password).await?;
        challenges::drop_all(&self.inner.log, user).await?;
        self.change_user(actor, user, User::claim).await?;
        self.end_sessions(user, Which::AllBut(None)).await.map(|_| ())
    }
}
