//! Mails, what they say, and the port by which they leave.

mod error;
mod message;
mod outbox;
mod smtp;
mod texts;

pub use error::MailError;
pub use message::Mail;
pub use outbox::Outbox;
pub use smtp::{Smtp, SmtpSettings, SmtpTls};
pub use texts::{MailPurpose, compose};

use std::fmt;

/// Hands mails over. The embedded one is [`Outbox`], the one by SMTP [`Smtp`].
#[async_trait::async_trait]
pub trait Mailer: fmt::Debug + Send + Sync {
    /// Hands one over. May be called again with the same mail, which has the same `id` then.
    ///
    /// # Errors
    /// [`MailError::Later`] for what is tried again, [`MailError::Refused`] for what is not.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
