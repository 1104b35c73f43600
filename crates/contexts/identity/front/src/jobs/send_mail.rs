//! Send mail: hands one mail over. May run twice; the mail has the same id then.

use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use identity_engine::{MailPurpose, compose};
use jobs::{Context, Failure, Handler};
use kernel::{Personal, Timestamp};
use serde::{Deserialize, Serialize};
use telemetry::Secret;

use crate::{IdentityError, Mail, Mailer, Settings};

pub(crate) const SEND_MAIL: &str = "identity.send_mail";

/// A mail to be written. Address and secret are sealed while it waits.
#[derive(Serialize, Deserialize)]
pub(crate) struct MailArgs {
    pub(crate) purpose: MailPurpose,
    pub(crate) workspace: String,
    pub(crate) to: Personal<String>,
    pub(crate) secret: Personal<String>,
    pub(crate) at: Timestamp,
}

pub(crate) struct SendMail {
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) settings: Settings,
}

impl Handler for SendMail {
    fn kind(&self) -> &'static str {
        SEND_MAIL
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            let args: MailArgs = context.args().await?;
            // Whoever was erased gets no mail.
            let (Some(to), Some(secret)) = (args.to.open(), args.secret.open()) else { return Ok(()) };
            let secret = Secret::new(secret.clone());
            let (subject, body) = compose(args.purpose, &args.workspace, &self.settings.public_url, &secret);
            let (id, from) = (context.job().0, self.settings.mail_from.clone());
            let mail = Mail { id, at: args.at, from, to: to.clone(), subject, body };
            Ok(self.mailer.send(&mail).await.map_err(IdentityError::from)?)
        }
        .boxed()
    }
}
