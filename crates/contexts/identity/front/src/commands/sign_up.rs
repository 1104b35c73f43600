//! Request sign-up and sign up: strangers make accounts of their own, where the operator lets them.
//!
//! Invariants: an account exists when its address was shown to be right and not before, so that nobody waits in an account for its
//! owner to be invited; who asks is told the same whether the address has an account or not, since a job looks.

use identity_model::{ChallengeId, Workspace, WorkspaceEvent, roles::OWNER};
use kernel::{Actor, Personal, SubjectId, UserId, Who, WorkspaceId};

use crate::{
    EmailAddress, INSTALLATION, Identity, IdentityError, Password,
    audit::{Entry, target},
    challenges::{self, AskedFor, Which},
    commands::create_workspace::name_taken,
    jobs::{START_SIGN_UP, SignUpArgs},
    links::{self, LinkFor},
};

/// Sign up.
#[derive(Debug)]
pub struct SignUp {
    /// The secret of the mail.
    pub token: Password,
    /// Their name.
    pub name: String,
    /// Their password.
    pub password: Password,
    /// Name of the workspace that is made for them, of which they are the owner.
    pub workspace: String,
}

impl Identity {
    /// Asks for a link. The answer, and the time that it takes, is the same whether there is an account or not.
    ///
    /// # Errors
    /// [`IdentityError::SignUpClosed`] where the operator has not opened it; `identity.too_many_attempts`, those of the queue.
    #[tracing::instrument(name = "identity.request_sign_up", skip_all, err(level = "debug"))]
    pub async fn request_sign_up(&self, email: &EmailAddress) -> Result<(), IdentityError> {
        let done = async {
            self.is_open()?;
            self.slow_down_address().await?;
            let jobs = &self.inner.jobs;
            // Nobody's subject: it tells nothing of an account, and ends with the job.
            let subject = SubjectId(self.inner.log.source().uuid());
            let args = SignUpArgs { email: Personal::of(subject, email.as_str().to_owned()) };
            jobs.enqueue(jobs.job(INSTALLATION, START_SIGN_UP, &args).await?).await?;
            Ok(())
        };
        let done = done.await;
        self.put_down(INSTALLATION, Entry::by_stranger("request_sign_up", None), &done).await;
        done
    }

    /// Makes the account of a link's address, and a workspace of its own. The link works once.
    ///
    /// # Errors
    /// [`IdentityError::SignUpClosed`], [`IdentityError::BadLink`]; `identity.weak_password`, `identity.bad_name` and
    /// [`IdentityError::NameTaken`], after which the link is still good.
    #[tracing::instrument(name = "identity.sign_up", skip_all, err(level = "debug"))]
    pub async fn sign_up(&self, command: SignUp) -> Result<(WorkspaceId, UserId), IdentityError> {
        let done = self.try_sign_up(&command).await;
        match &done {
            Ok((workspace, user)) => {
                let actor = Actor::new(*workspace, Who::User(*user), []);
                self.put_down(*workspace, Entry::by(&actor, "sign_up", target("user", user.0)), &done).await;
            }
            Err(_) => self.put_down(INSTALLATION, Entry::by_stranger("sign_up", None), &done).await,
        }
        done
    }

    async fn try_sign_up(&self, command: &SignUp) -> Result<(WorkspaceId, UserId), IdentityError> {
        self.is_open()?;
        self.slow_down_address().await?;
        let (log, token) = (&self.inner.log, command.token.expose());
        let which = about(links::look(log, LinkFor::SignUp, token).await?);
        let email = challenges::look(log, which).await?.ok_or(IdentityError::BadLink)?;
        let email = EmailAddress::parse(&email)?;
        let workspace = WorkspaceId(log.source().uuid());
        let name = self.free_name(&command.workspace).await?;
        let fresh = UserId(log.source().uuid());
        let user = self.own_account(fresh, (&email, &command.name), &command.password).await?;
        links::take(log, LinkFor::SignUp, token).await?;
        challenges::take(log, which).await?;
        let actor = Actor::new(workspace, Who::User(user), []);
        let rule = move |known: &Workspace| {
            let mut events = known.create(workspace, name);
            events.push(WorkspaceEvent::MemberAdded { user, role: OWNER.to_owned() });
            Ok(events)
        };
        self.change_workspace(&actor, None, rule).await.map_err(name_taken)?;
        Ok((workspace, user))
    }

    fn is_open(&self) -> Result<(), IdentityError> {
        if self.inner.settings.open_sign_up { Ok(()) } else { Err(IdentityError::SignUpClosed) }
    }
}

/// The address of a link: a question that is its own subject.
pub(crate) fn about(id: uuid::Uuid) -> Which {
    Which { asked_for: AskedFor::SignUp, id: ChallengeId(id), about: id }
}
