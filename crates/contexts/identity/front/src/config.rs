//! What an operator may set. The defaults run.

use std::time::Duration;

use identity_engine::PasswordSettings;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What the product is called where people see it: by authenticators and in mails.
pub(crate) const PRODUCT: &str = "Gray Ghost";

/// Settings of this context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `iss` of access tokens.
    pub issuer: String,
    /// `aud` of access tokens.
    pub audience: String,
    /// Where people reach this installation; links in mails begin with it.
    pub public_url: String,
    /// Sender of mails.
    pub mail_from: String,
    /// For how long an access token is good.
    pub access_ttl: Duration,
    /// A session ends when it was not used for so long.
    pub session_idle: Duration,
    /// A session ends after this time, however often it is used.
    pub session_longest: Duration,
    /// For so long the refresh token before the present one gives the same successor again: an answer may get lost.
    pub refresh_grace: Duration,
    /// A key signs for so long; then a new one is made, and the old one still verifies for as long as its tokens live.
    pub rotate_after: Duration,
    /// After this time a token that was verified is looked up again, so that a revocation by another process is noticed.
    pub recheck_after: Duration,
    /// For how long an invitation is good.
    pub invitation_ttl: Duration,
    /// For how long links that reset a password, verify an address or set up are good.
    pub link_ttl: Duration,
    /// For how long a browser may take to answer for a passkey.
    pub challenge_ttl: Duration,
    /// For how long an authenticator's new secret can be confirmed.
    pub enrolment_ttl: Duration,
    /// Whether strangers may make accounts and workspaces of their own.
    pub open_sign_up: bool,
    /// Passwords.
    pub passwords: PasswordSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            issuer: "grayghost".to_owned(),
            audience: "grayghost".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            mail_from: "grayghost@localhost.localdomain".to_owned(),
            access_ttl: Duration::from_secs(15 * MINUTE),
            session_idle: Duration::from_secs(14 * DAY),
            session_longest: Duration::from_secs(90 * DAY),
            refresh_grace: Duration::from_secs(10),
            rotate_after: Duration::from_secs(30 * DAY),
            recheck_after: Duration::from_secs(5),
            invitation_ttl: Duration::from_secs(7 * DAY),
            link_ttl: Duration::from_secs(HOUR),
            challenge_ttl: Duration::from_secs(5 * MINUTE),
            enrolment_ttl: Duration::from_secs(10 * MINUTE),
            open_sign_up: false,
            passwords: PasswordSettings::default(),
        }
    }
}

/// A time as the clock counts it.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
