//! How this context fails. What a stranger may not learn, no text and no status tells: an unknown address and a wrong password
//! are one error, and so are all links that are not good.

use cache::CacheError;
use crypto::CryptoError;
use eventlog::LogError;
use identity_engine::{MailError, PasswordError, SsoError};
use identity_model::Refusal;
use jobs::JobError;
use kernel::{ErrorKind, Forbidden, ProductError, WordError};
use sql::SqlError;

/// Any failure that leaves the context.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The actor may not do this.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// A rule of the workspace says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not an address.
    #[error("could not read the e-mail address")]
    BadEmail,
    /// Not a name.
    #[error("could not take {what}")]
    BadName {
        /// What it was to be.
        what: &'static str,
    },
    /// Nothing of that name can be permitted.
    #[error("there is no permission `{name}`")]
    UnknownPermission {
        /// As given, cut.
        name: String,
    },
    /// The password is weak or known, or could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Unknown address, wrong password, an account that may not sign in.
    #[error("could not sign in: the e-mail address or the password is wrong")]
    BadCredentials,
    /// The password is right, and the account has a further factor.
    #[error("could not sign in: a second factor is needed")]
    SecondFactor {
        /// `totp`, `passkey`, `recovery_code`: those that the account has.
        kinds: Vec<&'static str>,
    },
    /// Wrong, used, too old, or nothing waits for it.
    #[error("could not take the code: it is wrong or was used")]
    BadCode,
    /// Somebody signed in changes their account by a token alone.
    #[error("could not change the account: show once more who you are")]
    ProofNeeded,
    /// There would be no second factor where one is required.
    #[error("could not do it: a second factor is required, and you would have none")]
    FactorRequired,
    /// The answer of an authenticator.
    #[error("could not take the passkey: {why}")]
    BadPasskey {
        /// In words; tells nothing of other accounts.
        why: String,
    },
    /// The installation's address has no name.
    #[error("could not use passkeys: they are bound to a name, and the address of this installation has none")]
    PasskeysOff,
    /// More than anybody carries.
    #[error("could not add the passkey: the account has as many as it may")]
    TooManyPasskeys,
    /// Strangers make no accounts here.
    #[error("could not sign up: accounts are made by invitation here")]
    SignUpClosed,
    /// Not a hash that is taken over.
    #[error("could not take the hash over: it is none of bcrypt")]
    BadHash,
    /// A token or key that is not ours, is over, or was revoked.
    #[error("could not take the token: {why}")]
    BadToken {
        /// In words; tells nothing that its bearer does not know.
        why: &'static str,
    },
    /// A session that is over.
    #[error("could not go on with the session: it has ended")]
    SessionEnded,
    /// Used, over, or never ours.
    #[error("could not use the link: it was used already, has ended, or was never ours")]
    BadLink,
    /// Guesses are slowed down.
    #[error("could not try once more: too many attempts")]
    TooManyAttempts {
        /// When it makes sense again.
        retry_after_s: u64,
    },
    /// The user belongs to no workspace of this name, or to none.
    #[error("could not sign in to that workspace: you are no member")]
    NoMembership,
    /// There is an account already.
    #[error("could not register the user: the e-mail address has an account")]
    EmailTaken,
    /// Another workspace is called so.
    #[error("could not name the workspace so: the name is taken")]
    NameTaken,
    /// There is none here.
    #[error("there is no such {what}")]
    NotFound {
        /// `user`, `session`, `key`.
        what: &'static str,
    },
    /// Only a person can.
    #[error("could not do it: it is about the account of a person, and a key or the system asked")]
    NotAPerson,
    /// The first owner is there.
    #[error("could not set up: this installation has an owner already")]
    AlreadySetUp,
    /// A mail was not handed over.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// A provider did not sign somebody in.
    #[error(transparent)]
    Sso(#[from] SsoError),
    /// A fault of ours in hashing or signing.
    #[error("could not {what}")]
    Fault {
        /// What.
        what: &'static str,
    },
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The queue.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The limits.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The keys.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// A cursor or a limit.
    #[error(transparent)]
    Word(#[from] WordError),
}

impl From<SqlError> for IdentityError {
    fn from(error: SqlError) -> Self {
        Self::Log(error.into())
    }
}

impl ProductError for IdentityError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(error) => error.kind(),
            Self::Refused(refusal) => refusal.kind(),
            Self::BadEmail
            | Self::BadName { .. }
            | Self::UnknownPermission { .. }
            | Self::BadLink
            | Self::BadHash
            | Self::ProofNeeded => ErrorKind::Invalid,
            Self::BadCredentials
            | Self::SecondFactor { .. }
            | Self::BadCode
            | Self::BadPasskey { .. }
            | Self::BadToken { .. }
            | Self::SessionEnded => ErrorKind::Unauthenticated,
            Self::TooManyAttempts { .. } => ErrorKind::TooMany,
            Self::NoMembership | Self::NotAPerson | Self::SignUpClosed => ErrorKind::Forbidden,
            Self::EmailTaken
            | Self::NameTaken
            | Self::AlreadySetUp
            | Self::FactorRequired
            | Self::PasskeysOff
            | Self::TooManyPasskeys => ErrorKind::Conflict,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Mail(error) => error.kind(),
            Self::Sso(error) => error.kind(),
            Self::Fault { .. } => ErrorKind::Internal,
            Self::Password(error) => error.kind(),
            Self::Log(error) => error.kind(),
            Self::Job(error) => error.kind(),
            Self::Cache(error) => error.kind(),
            Self::Crypto(error) => error.kind(),
            Self::Word(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(error) => error.code(),
            Self::Refused(refusal) => refusal.code(),
            Self::BadEmail => "identity.bad_email",
            Self::BadName { .. } => "identity.bad_name",
            Self::UnknownPermission { .. } => "identity.unknown_permission",
            Self::Password(error) => error.code(),
            Self::BadCredentials => "identity.bad_credentials",
            Self::SecondFactor { .. } => "identity.second_factor",
            Self::BadCode => "identity.bad_code",
            Self::ProofNeeded => "identity.proof_needed",
            Self::FactorRequired => "identity.factor_required",
            Self::BadPasskey { .. } => "identity.bad_passkey",
            Self::PasskeysOff => "identity.passkeys_off",
            Self::TooManyPasskeys => "identity.too_many_passkeys",
            Self::SignUpClosed => "identity.sign_up_closed",
            Self::BadHash => "identity.bad_hash",
            Self::BadToken { .. } => "identity.bad_token",
            Self::SessionEnded => "identity.session_ended",
            Self::BadLink => "identity.bad_link",
            Self::TooManyAttempts { .. } => "identity.too_many_attempts",
            Self::NoMembership => "identity.no_membership",
            Self::EmailTaken => "identity.email_taken",
            Self::NameTaken => "identity.name_taken",
            Self::NotFound { .. } => "identity.not_found",
            Self::NotAPerson => "identity.not_a_person",
            Self::AlreadySetUp => "identity.already_set_up",
            Self::Mail(error) => error.code(),
            Self::Sso(error) => error.code(),
            Self::Fault { .. } => "identity.fault",
            Self::Log(error) => error.code(),
            Self::Job(error) => error.code(),
            Self::Cache(error) => error.code(),
            Self::Crypto(error) => error.code(),
            Self::Word(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::Forbidden(error) => return error.remedy(),
            Self::Password(error) => return error.remedy(),
            Self::Mail(error) => return error.remedy(),
            Self::Sso(error) => return error.remedy(),
            Self::Log(error) => return error.remedy(),
            Self::Job(error) => return error.remedy(),
            Self::Cache(error) => return error.remedy(),
            Self::Crypto(error) => return error.remedy(),
            Self::Word(error) => return error.remedy(),
            Self::TooManyAttempts { retry_after_s } => return Some(format!("try again in {retry_after_s} s")),
            Self::Refused(refusal) => return refusal.remedy(),
            Self::BadEmail => "write it as `name@example.com`",
            Self::BadName { .. } => {
                "give a short one: for workspaces and roles small letters, digits, `-` and `_`, for people and keys one line"
            }
            Self::UnknownPermission { .. } => "`grayghost permissions` lists them all",
            Self::BadCredentials => "check both, or ask for a new password by `POST /api/v1/password-resets`",
            Self::SecondFactor { .. } => {
                "send `code` too, of the authenticator or a recovery code, or sign in by `POST /api/v1/sessions/passkey`"
            }
            Self::BadCode => "wait for the authenticator's next code, or use a recovery code that was not used",
            Self::ProofNeeded => "send your `password`, or a `code` of your authenticator",
            Self::FactorRequired => "add another by `POST /api/v1/me/totp` or `POST /api/v1/me/passkeys/options` first",
            Self::BadPasskey { .. } => "begin again with new options, and use a passkey of this account",
            Self::PasskeysOff => "set `public_url` to an address with a name, such as `http://localhost:8080`",
            Self::TooManyPasskeys => "remove one that you do not use",
            Self::SignUpClosed => "ask an owner of a workspace to invite you",
            Self::BadHash => "give the whole text, such as `$2b$12$…`, of 60 letters and with a cost of 4 to 15",
            Self::BadToken { .. } | Self::SessionEnded => "sign in by `POST /api/v1/sessions`, or use another key",
            Self::BadLink => "ask for a new one",
            Self::NoMembership => "leave `workspace` out, or ask an owner of the workspace to invite you",
            Self::EmailTaken => "invite the user instead",
            Self::NameTaken => "choose another name",
            Self::NotFound { .. } => "look at the list of those that exist",
            Self::NotAPerson => "sign in with e-mail address and password",
            Self::AlreadySetUp => "sign in, or ask an owner to invite you",
            Self::Fault { .. } => return None,
        };
        Some(text.to_owned())
    }
}
