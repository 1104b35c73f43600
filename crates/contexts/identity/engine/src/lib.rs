//! The mechanism of identity, without facts and without a database: secrets that are carried, passwords that are compared, mails
//! that leave.
//!
//! Invariants: nothing here prints a secret; what is compared with a secret is compared whole.
//!
//! Absent on purpose: who may what, and where anything is stored (`identity`).

mod error;
mod factors;
mod mail;
mod passwords;
mod secret;
mod sso;
mod tokens;

pub use error::PasswordError;
pub use factors::{Asked, Passkeys, RecoveryCode, TOTP_STEP_S, TotpKey, Whose};
pub use mail::{Mail, MailError, MailPurpose, Mailer, Outbox, Smtp, SmtpSettings, SmtpTls, compose};
pub use passwords::{Password, PasswordSettings, Passwords, Verdict};
pub use sso::{Attempt, OidcSettings, Provider, Sso, SsoError, Vouched, VouchedEmail};
pub use tokens::{
    Claims, Expected, Invite, Jwk, Jwks, KEY_PREFIX, Key, Link, REFRESH_PURPOSE, Refresh, kid, sign, verify,
};
