//! Sign in: address and password for a session in one workspace.
//!
//! Invariants: attempts are counted by account, by account and address, and by address, also for accounts that do not exist;
//! an unknown address, a wrong password and an account that may not be used are one error after the same work.

use std::{fmt::Write as _, time::Duration};

use cache::Limit;
use identity_engine::Verdict;
use kernel::{Actor, Personal, SubjectId, UserId, Who, WorkspaceId};

use crate::{
    EmailAddress, INSTALLATION, Identity, IdentityError, Password, Tokens,
    audit::{Entry, target},
    directory::{self, Found},
    domain::User,
};

/// Sign in.
#[derive(Debug)]
pub struct SignIn {
    /// As it was typed.
    pub email: String,
    /// As it was typed.
    pub password: Password,
    /// Name of the workspace; `None` for the first by name that is not archived.
    pub workspace: Option<String>,
}

/// Guesses at one account, from anywhere: 20 at once, then one every 30 seconds.
const BY_ACCOUNT: (u32, Duration, u32) = (1, Duration::from_secs(30), 20);
/// At one account from one address: 6 at once, then one every 30 seconds.
const BY_BOTH: (u32, Duration, u32) = (1, Duration::from_secs(30), 6);
/// From one address: 60 at once, then one every 2 seconds; offices share an address.
const BY_ADDRESS: (u32, Duration, u32) = (1, Duration::from_secs(2), 60);

impl Identity {
    /// Begins a session.
    ///
    /// # Errors
    /// [`IdentityError::BadCredentials`], [`IdentityError::TooManyAttempts`]; with the right password also
    /// [`IdentityError::NoMembership`].
    #[tracing::instrument(name = "identity.sign_in", skip_all, err(level = "debug"))]
    pub async fn sign_in(&self, command: SignIn) -> Result<Tokens, IdentityError> {
        let mut known = None;
        let done = self.try_sign_in(&command, &mut known).await;
        let entry = |session| match known {
            Some(user) => Entry::by(&Actor::new(INSTALLATION, Who::User(user), []), "sign_in", session),
            None => Entry::by_stranger("sign_in", session),
        };
        match &done {
            Ok(tokens) => self.put_down(tokens.workspace, entry(target("session", tokens.session.0)), &done).await,
            Err(_) => self.put_down(INSTALLATION, entry(None), &done).await,
        }
        done
    }

    async fn try_sign_in(&self, command: &SignIn, known: &mut Option<UserId>) -> Result<Tokens, IdentityError> {
        let Ok(email) = EmailAddress::parse(&command.email) else {
            // What is no address has no account: the same work, the same answer.
            self.inner.passwords.verify(&command.password, None).await?;
            return Err(IdentityError::BadCredentials);
        };
        let buckets = self.buckets(&email).await?;
        self.slow_down(&buckets).await?;
        let found = directory::by_email(&self.inner.log, &email).await?;
        *known = found.as_ref().map(|found| found.user);
        let hash = found.as_ref().and_then(|found| found.hash.clone());
        let verdict = self.inner.passwords.verify(&command.password, hash).await?;
        let Some(Found { user, .. }) = found.filter(|found| found.active && verdict != Verdict::Wrong) else {
            return Err(IdentityError::BadCredentials);
        };
        for (name, _) in &buckets[1..] {
            self.inner.limits.refill(name).await?;
        }
        if verdict == Verdict::RightButOld {
            self.hash_anew(user, &command.password).await?;
        }
        let workspace = self.workspace_of(user, command.workspace.as_deref()).await?;
        self.begin_session(user, workspace).await
    }

    /// Names of the buckets that an attempt draws on, the address' own first; a name is a keyed hash, for limits may be
    /// kept outside of this process.
    async fn buckets(&self, email: &EmailAddress) -> Result<Vec<(String, Limit)>, IdentityError> {
        let tag = self.inner.log.keys().hmac(INSTALLATION, "identity.limits", email.as_str().as_bytes()).await?;
        let account = tag.iter().fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        let address = self.from.address.map_or_else(|| "nowhere".to_owned(), |address| address.to_string());
        let limit = |(count, period, burst)| Limit::new(count, period, burst);
        Ok(vec![
            (format!("sign_in:{address}"), limit(BY_ADDRESS)?),
            (format!("sign_in:{account}"), limit(BY_ACCOUNT)?),
            (format!("sign_in:{account}:{address}"), limit(BY_BOTH)?),
        ])
    }

    async fn slow_down(&self, buckets: &[(String, Limit)]) -> Result<(), IdentityError> {
        for (name, limit) in buckets {
            let decision = self.inner.limits.take(name, *limit, 1).await?;
            if !decision.allowed {
                let wait = decision.retry_after.unwrap_or(decision.reset_after);
                return Err(IdentityError::TooManyAttempts { retry_after_s: wait.as_secs().max(1) });
            }
        }
        Ok(())
    }

    /// Draws on the budget of guesses of this address, for commands that anybody may ask.
    pub(super) async fn slow_down_address(&self) -> Result<(), IdentityError> {
        let address = self.from.address.map_or_else(|| "nowhere".to_owned(), |address| address.to_string());
        let (count, period, burst) = BY_ADDRESS;
        self.slow_down(&[(format!("guess:{address}"), Limit::new(count, period, burst)?)]).await
    }

    /// With the present parameters. Signing in goes on when it fails: the old hash is as good as before.
    async fn hash_anew(&self, user: UserId, password: &Password) -> Result<(), IdentityError> {
        let hash = Personal::of(SubjectId(user.0), self.inner.passwords.hash(password).await?);
        let rule = move |known: &User| known.set_password(hash);
        if let Err(error) = self.change_user(&Actor::system(INSTALLATION), user, rule).await {
            tracing::warn!(%error, "a password was not hashed anew");
        }
        Ok(())
    }

    pub(super) async fn workspace_of(&self, user: UserId, name: Option<&str>) -> Result<WorkspaceId, IdentityError> {
        let memberships = directory::memberships(&self.inner.log, user).await?;
        let wanted = match name {
            Some(name) => memberships.iter().find(|each| each.name == name),
            None => memberships.iter().find(|each| !each.archived).or(memberships.first()),
        };
        Ok(wanted.ok_or(IdentityError::NoMembership)?.workspace)
    }
}
