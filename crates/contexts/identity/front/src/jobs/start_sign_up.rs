//! Start sign-up: mails a link to an address that has no account, and says so to one that has. A job, so that the answer to who asked
//! takes the same time for both.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use identity_engine::{Link, MailPurpose};
use jobs::{Context, Failure, Handler};
use kernel::{Personal, SubjectId};
use serde::{Deserialize, Serialize};
use telemetry::Secret;

use super::{MailArgs, SEND_MAIL};
use crate::{
    INSTALLATION, IdentityError, challenges,
    commands::about,
    directory,
    links::{self, LinkFor},
    words::EmailAddress,
};

pub(crate) const START_SIGN_UP: &str = "identity.start_sign_up";

/// Whose; sealed while it waits.
#[derive(Serialize, Deserialize)]
pub(crate) struct SignUpArgs {
    pub(crate) email: Personal<String>,
}

pub(crate) struct StartSignUp {
    pub(crate) link_ttl: Duration,
}

impl Handler for StartSignUp {
    fn kind(&self) -> &'static str {
        START_SIGN_UP
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            let args: SignUpArgs = context.args().await?;
            let Some(email) = args.email.open() else { return Ok(()) };
            Ok(self.mail(&context, &EmailAddress::parse(email)?).await?)
        }
        .boxed()
    }
}

impl StartSignUp {
    /// The link, its mail and the end of this job are stored together.
    async fn mail(&self, context: &Context, email: &EmailAddress) -> Result<(), IdentityError> {
        let (log, jobs) = (context.facts().clone(), context.jobs().clone());
        let (source, id) = (log.source().clone(), log.source().uuid());
        let has_account = match directory::by_email(&log, email).await? {
            // Without a workspace it is that of an attempt which did not come to its end.
            Some(found) => !directory::memberships(&log, found.user).await?.is_empty(),
            None => false,
        };
        let (secret, link) = Link::make(&*source.chance);
        let (purpose, secret) = if has_account {
            (MailPurpose::HasAccount, Secret::new(String::new()))
        } else {
            (MailPurpose::SignUp, secret)
        };
        let sealed = |text: &str| Personal::of(SubjectId(id), text.to_owned());
        let args = MailArgs {
            purpose,
            workspace: String::new(),
            to: sealed(email.as_str()),
            secret: sealed(secret.expose()),
            at: source.now(),
        };
        let mail = jobs.job(INSTALLATION, SEND_MAIL, &args).await?;
        if !has_account {
            challenges::keep(&log, about(id), email.as_str().to_owned(), self.link_ttl).await?;
        }
        let row = (!has_account).then(|| links::Row::new(LinkFor::SignUp, link, id, (source.now(), self.link_ttl)));
        context
            .complete_in(move |tx| {
                async move {
                    if let Some(row) = row {
                        links::keep(tx, row).await?;
                    }
                    jobs.enqueue_in(tx, vec![mail]).await?;
                    Ok::<_, IdentityError>(())
                }
                .boxed()
            })
            .await
    }
}
