//! Who somebody is and what they may: accounts, sessions, keys, workspaces with their members and roles, and the audit.
//!
//! [`Identity`] is the front door: one method for each command and each query. [`module`] is what a server mounts;
//! its part of the API is `identity-http`.
//!
//! Invariants
//! - no secret is stored: passwords as argon2id hashes, keys and links as SHA-256, refresh tokens not at all, signing keys sealed;
//! - what is personal is sealed under the account's own subject; it is found by a keyed hash and never by its text;
//! - a stranger learns nothing of who has an account, by text, status or work;
//! - accounts, sessions and links live in the workspace [`INSTALLATION`], all else in its own workspace (docs/adr/0011).
//!
//! Absent on purpose, for now: codes by SMS, SAML.

mod attempts;
mod audit;
mod authenticate;
mod back_off;
mod challenges;
mod commands;
mod config;
mod directory;
mod error;
mod factors;
mod jobs;
mod links;
mod module;
mod queries;
mod sessions;
mod tokens;
mod words;

use std::{net::IpAddr, sync::Arc};

use ::jobs::Jobs;
use cache::{Limits, MemoryLimits};
use eventlog::EventLog;
use identity_engine::{Passkeys, Passwords};

use audit::Pen;
use authenticate::Verified;
use tokens::SigningKeys;

pub use authenticate::{Authenticated, Via};
pub use commands::{
    AcceptInvitation, AddPasskey, AddedPasskey, ChangeRole, CreateUser, DefineRole, FinishSso, ImportUser,
    InviteMember, IssueKey, IssuedKey, NewTotp, PasskeyOptions, ResetPassword, SetPassword, SetUp, SignIn,
    SignInWithPasskey, SignUp, StartedSso,
};
pub use config::Settings;
pub use error::IdentityError;
pub use factors::Proof;
pub use identity_engine::{
    Jwk, Jwks, Mail, MailError, Mailer, OidcSettings, Outbox, Password, PasswordError, PasswordSettings, Smtp,
    SmtpSettings, SmtpTls, Sso, SsoError,
};
pub use identity_model::{
    AuditId, ChallengeId, INSTALLATION, InvitationId, LinkedIdentityId, Outcome, PasskeyId, Refusal, SessionId,
    roles::built_in_roles,
};
pub use module::module;
pub use queries::{
    AuditEntry, AuditFilter, AuditReport, FactorsRow, InvitationRow, KeyRow, LinkedIdentityRow, ListRequest, Me,
    MemberRow, Order, PasskeyRow, RoleRow, SessionRow, SsoProviderRow, WorkspaceRow,
};
pub use sessions::Tokens;
pub use words::EmailAddress;

/// From where somebody asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address, as the edge found it out.
    pub address: Option<IpAddr>,
    /// What the program calls itself.
    pub agent: Option<String>,
}

/// The front door. Clones share everything but the [`Origin`].
#[derive(Debug, Clone)]
pub struct Identity {
    inner: Arc<Inner>,
    from: Origin,
    sso: Sso,
}

struct Inner {
    log: EventLog,
    jobs: Jobs,
    settings: Settings,
    passwords: Passwords,
    passkeys: Option<Passkeys>,
    signing: SigningKeys,
    limits: Arc<dyn Limits>,
    verified: Verified,
    pen: Pen,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

/// Buckets of attempts that are kept in one process.
const MOST_BUCKETS: usize = 100_000;

impl Identity {
    /// Opens it over a log that has [`module`] mounted. Attempts are counted in this process; see
    /// [`Identity::open_with`]. To be called inside of a runtime, on which the audit is written.
    ///
    /// # Errors
    /// [`IdentityError::Fault`] for parameters that argon2 does not take.
    pub fn open(log: EventLog, jobs: Jobs, settings: Settings) -> Result<Self, IdentityError> {
        let limits = Arc::new(MemoryLimits::new(Arc::clone(&log.source().clock), MOST_BUCKETS));
        Self::open_with(log, jobs, settings, limits)
    }

    /// The same, with attempts counted elsewhere.
    ///
    /// # Errors
    /// As [`Identity::open`].
    pub fn open_with(
        log: EventLog,
        jobs: Jobs,
        settings: Settings,
        limits: Arc<dyn Limits>,
    ) -> Result<Self, IdentityError> {
        let passwords = Passwords::new(&settings.passwords, Arc::clone(&log.source().chance))?;
        let signing = SigningKeys::new(log.clone(), &settings);
        let pen = Pen::start(log.clone());
        let passkeys = Passkeys::at(&settings.public_url, config::PRODUCT);
        let inner = Inner { log, jobs, settings, passwords, passkeys, signing, limits, verified: Verified::new(), pen };
        Ok(Self { inner: Arc::new(inner), from: Origin::default(), sso: Sso::default() })
    }

    /// The same door, with providers that people may sign in by.
    #[must_use]
    pub fn with_sso(self, sso: Sso) -> Self {
        Self { sso, ..self }
    }

    /// The same door, for somebody who asks from there: sessions and audit keep it.
    #[must_use]
    pub fn seen_from(&self, from: Origin) -> Self {
        Self { inner: Arc::clone(&self.inner), from, sso: self.sso.clone() }
    }

    /// How many hashes of passwords were computed since the start; what guesses cost, for figures and tests.
    #[must_use]
    pub fn hashes_computed(&self) -> u64 {
        self.inner.passwords.computed()
    }

    /// Waits until every entry of the audit so far is durable; for an orderly end.
    pub async fn flush_audit(&self) {
        self.inner.pen.flush().await;
    }
}
