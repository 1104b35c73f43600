//! Start SSO: begins to sign in by a provider.

use identity_engine::Attempt;
use kernel::Timestamp;
use telemetry::Secret;

use crate::{
    INSTALLATION, Identity, IdentityError,
    attempts::{self, ATTEMPT_S},
    audit::Entry,
};

/// What somebody needs to sign in by a provider.
#[derive(Debug)]
pub struct StartedSso {
    /// Where their browser goes.
    pub authorization_url: Secret<String>,
    /// Comes back from there.
    pub state: Secret<String>,
    /// Stays with them, and is brought to the end: it proves that who ends it has begun it.
    pub verifier: Secret<String>,
    /// When it must be done.
    pub expires_at: Timestamp,
}

impl Identity {
    /// Begins to sign in by a provider, to a workspace or to the first of the account's.
    ///
    /// # Errors
    /// `identity.no_such_provider`, `identity.provider`, `identity.too_many_attempts`.
    #[tracing::instrument(name = "identity.start_sso", skip_all, err(level = "debug"))]
    pub async fn start_sso(&self, provider: &str, workspace: Option<String>) -> Result<StartedSso, IdentityError> {
        let done = self.try_start(provider, workspace).await;
        if done.is_err() {
            // Those that begin are put down when they end.
            self.put_down(INSTALLATION, Entry::by_stranger("start_sso", None), &done).await;
        }
        done
    }

    async fn try_start(&self, provider: &str, workspace: Option<String>) -> Result<StartedSso, IdentityError> {
        self.slow_down_address().await?;
        let provider = self.sso.provider(provider)?;
        let log = &self.inner.log;
        let (source, now) = (log.source(), log.source().now());
        let key = log.keys().lookup_key(INSTALLATION, Attempt::PURPOSE).await?;
        let attempt = Attempt::make(&key, &*source.chance);
        let url = provider.authorization_url(&attempt, now).await?;
        attempts::keep(log, &attempt, provider.name(), workspace).await?;
        let Attempt { state, verifier, .. } = attempt;
        let expires_at = Timestamp(now.0 + i64::from(ATTEMPT_S) * 1_000_000);
        Ok(StartedSso { authorization_url: Secret::new(url.into()), state, verifier, expires_at })
    }
}
