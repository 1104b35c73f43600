//! What happens after the answer: mails leave.

mod send_mail;
mod start_reset;

pub(crate) use send_mail::{MailArgs, SEND_MAIL, SendMail};
pub(crate) use start_reset::{ResetArgs, START_RESET, StartReset};
