//! Why somebody was not signed in by a provider. No text repeats what a provider sent: it is about a person.

use std::error::Error;

use kernel::{ErrorKind, ProductError};

/// Every way in which it ends.
#[derive(Debug, thiserror::Error)]
pub enum SsoError {
    /// Of the operator.
    #[error("could not use the provider `{provider}`: {why}")]
    BadSettings {
        /// Its name, cut.
        provider: String,
        /// In words.
        why: &'static str,
    },
    /// None of this name.
    #[error("there is no such provider")]
    NoSuchProvider,
    /// It does not answer, not as it should, or outbound calls may not reach it.
    #[error("could not talk to the provider `{provider}`")]
    Provider {
        /// Its name.
        provider: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Unknown, over, used, of another provider, or begun by somebody else.
    #[error("could not go on: this sign-in was not begun here, is over, or was finished already")]
    BadState,
    /// Used, over, or never given.
    #[error("could not sign in: the provider does not take the code")]
    CodeRefused,
    /// Not a word of the provider about this attempt.
    #[error("could not sign in: the id token is not good: {why}")]
    BadIdToken {
        /// In words.
        why: &'static str,
    },
    /// The provider has none, or does not vouch for it.
    #[error("could not sign in: the provider vouches for no e-mail address")]
    NoVerifiedEmail,
    /// Whoever registered it may be somebody else.
    #[error("could not sign in: the account's e-mail address was never verified")]
    UnverifiedAccount,
    /// None of this address that may be used.
    #[error("could not sign in: there is no account for you")]
    NoAccount,
}

impl ProductError for SsoError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::BadSettings { .. } | Self::BadState => ErrorKind::Invalid,
            Self::NoSuchProvider => ErrorKind::NotFound,
            Self::Provider { .. } => ErrorKind::Unavailable,
            Self::CodeRefused | Self::BadIdToken { .. } => ErrorKind::Unauthenticated,
            Self::NoVerifiedEmail | Self::UnverifiedAccount | Self::NoAccount => ErrorKind::Forbidden,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadSettings { .. } => "identity.bad_provider",
            Self::NoSuchProvider => "identity.no_such_provider",
            Self::Provider { .. } => "identity.provider",
            Self::BadState => "identity.bad_state",
            Self::CodeRefused => "identity.code_refused",
            Self::BadIdToken { .. } => "identity.bad_id_token",
            Self::NoVerifiedEmail => "identity.no_verified_email",
            Self::UnverifiedAccount => "identity.unverified_account",
            Self::NoAccount => "identity.no_account",
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::BadSettings { .. } => "check its part of `[[identity.oidc]]`",
            Self::NoSuchProvider => "`GET /api/v1/sso` lists them",
            Self::Provider { .. } => "try again; an operator finds the reason in the log",
            Self::BadState | Self::CodeRefused | Self::BadIdToken { .. } => {
                "begin again by `POST /api/v1/sso/{provider}/start`"
            }
            Self::NoVerifiedEmail => "verify your e-mail address at the provider",
            Self::UnverifiedAccount => {
                "sign in with your password once and verify your e-mail address, or reset the password"
            }
            Self::NoAccount => "ask an owner of the workspace to invite you",
        };
        Some(text.to_owned())
    }
}
