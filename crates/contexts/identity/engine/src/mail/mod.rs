//! Mails, and the port by which they leave.

mod message;
mod outbox;

pub use message::Mail;
pub use outbox::Outbox;

use std::{fmt, io};

/// Hands mails over. The embedded one is [`Outbox`]; an adapter over SMTP is another.
#[async_trait::async_trait]
pub trait Mailer: fmt::Debug + Send + Sync {
    /// Hands one over. May be called again with the same mail, which has the same `id` then.
    ///
    /// # Errors
    /// What kept it from being taken; it is tried again.
    async fn send(&self, mail: &Mail) -> io::Result<()>;
}
