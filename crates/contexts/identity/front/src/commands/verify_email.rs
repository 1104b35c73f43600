//! Request e-mail verification and verify e-mail.

use futures::FutureExt;
use identity_engine::{Link, MailPurpose};
use identity_model::User;
use kernel::{Actor, Personal, SubjectId, UserId, Who};

use crate::{
    INSTALLATION, Identity, IdentityError, Password,
    audit::{Entry, target},
    commands::person,
    jobs::{MailArgs, SEND_MAIL},
    links::{self, LinkFor},
};

impl Identity {
    /// Mails a link to the address of the person who asks. Nothing happens where it is verified already.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; those of the queue.
    #[tracing::instrument(name = "identity.request_email_verification", skip_all, err(level = "debug"))]
    pub async fn request_email_verification(&self, actor: &Actor) -> Result<(), IdentityError> {
        let done = self.try_request_verification(actor).await;
        self.note(actor, ("request_email_verification", None), done).await
    }

    async fn try_request_verification(&self, actor: &Actor) -> Result<(), IdentityError> {
        let user = person(actor)?;
        let (log, jobs) = (&self.inner.log, self.inner.jobs.clone());
        let (known, _) = log.get::<User>(INSTALLATION, user).await?;
        let Some((email, _)) = known.about().filter(|_| known.is_active() && !known.is_verified()) else {
            return Ok(());
        };
        let (source, now) = (log.source(), log.source().now());
        let (secret, link) = Link::make(&*source.chance);
        let about = |text: &str| Personal::of(SubjectId(user.0), text.to_owned());
        let args = MailArgs {
            purpose: MailPurpose::Verification,
            workspace: String::new(),
            to: about(email),
            secret: about(secret.expose()),
            at: now,
        };
        let mail = jobs.job(INSTALLATION, SEND_MAIL, &args).await?;
        let row = links::Row::new(LinkFor::Verification, link, user.0, (now, self.inner.settings.link_ttl));
        log.database()
            .tenant(INSTALLATION)
            .write(move |tx| {
                async move {
                    links::keep(tx, row).await?;
                    jobs.enqueue_in(tx, vec![mail]).await?;
                    Ok::<_, IdentityError>(())
                }
                .boxed()
            })
            .await
    }

    /// The address of the link's account is right. The link works once.
    ///
    /// # Errors
    /// [`IdentityError::BadLink`], `identity.too_many_attempts`.
    #[tracing::instrument(name = "identity.verify_email", skip_all, err(level = "debug"))]
    pub async fn verify_email(&self, token: &Password) -> Result<(), IdentityError> {
        self.slow_down_address().await?;
        let user = UserId(links::take(&self.inner.log, LinkFor::Verification, token.expose()).await?);
        let actor = Actor::new(INSTALLATION, Who::User(user), []);
        let done = self.change_user(&actor, user, User::verify_email).await;
        self.put_down(INSTALLATION, Entry::by(&actor, "verify_email", target("user", user.0)), &done).await;
        done
    }
}
