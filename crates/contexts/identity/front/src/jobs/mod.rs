//! What happens after the answer: mails leave, what is over goes.

mod purge;
mod send_mail;
mod start_reset;
mod start_sign_up;

pub(crate) use purge::Purge;
pub(crate) use send_mail::{MailArgs, SEND_MAIL, SendMail};
pub(crate) use start_reset::{ResetArgs, START_RESET, StartReset};
pub(crate) use start_sign_up::{START_SIGN_UP, SignUpArgs, StartSignUp};
