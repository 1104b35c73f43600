//! Start reset: looks for the account of an address and mails a link to it. A job, so that the answer to who asked takes the same
//! time whether there is an account or not.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use identity_engine::{Link, MailPurpose};
use jobs::{Context, Failure, Handler};
use kernel::{Personal, SubjectId, UserId};
use serde::{Deserialize, Serialize};

use super::{MailArgs, SEND_MAIL};
use crate::{
    INSTALLATION, IdentityError, directory,
    links::{self, LinkFor},
    words::EmailAddress,
};

pub(crate) const START_RESET: &str = "identity.start_reset";

/// Whose password; sealed while it waits.
#[derive(Serialize, Deserialize)]
pub(crate) struct ResetArgs {
    pub(crate) email: Personal<String>,
}

pub(crate) struct StartReset {
    pub(crate) link_ttl: Duration,
}

impl Handler for StartReset {
    fn kind(&self) -> &'static str {
        START_RESET
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            let args: ResetArgs = context.args().await?;
            let Some(email) = args.email.open() else { return Ok(()) };
            let email = EmailAddress::parse(email)?;
            match directory::by_email(context.facts(), &email).await? {
                Some(found) if found.active => Ok(self.mail(&context, found.user, &email).await?),
                _ => Ok(()),
            }
        }
        .boxed()
    }
}

impl StartReset {
    /// The link, its mail and the end of this job are stored together.
    async fn mail(&self, context: &Context, user: UserId, email: &EmailAddress) -> Result<(), IdentityError> {
        let (source, jobs) = (context.facts().source().clone(), context.jobs().clone());
        let (secret, link) = Link::make(&*source.chance);
        let about = |text: &str| Personal::of(SubjectId(user.0), text.to_owned());
        let args = MailArgs {
            purpose: MailPurpose::Reset,
            workspace: String::new(),
            to: about(email.as_str()),
            secret: about(secret.expose()),
            at: source.now(),
        };
        let mail = jobs.job(INSTALLATION, SEND_MAIL, &args).await?;
        let row = links::Row::new(LinkFor::Reset, link, user.0, (source.now(), self.link_ttl));
        context
            .complete_in(move |tx| {
                async move {
                    links::keep(tx, row).await?;
                    jobs.enqueue_in(tx, vec![mail]).await?;
                    Ok::<_, IdentityError>(())
                }
                .boxed()
            })
            .await
    }
}
