//! Sign in: address and password, and a code where the account has a further factor, for a session in one workspace.
//!
//! Invariants: attempts are counted by account, by account and address, and by address ([`crate::back_off`]), also for accounts that
//! do not exist; an unknown address, a wrong password and an account that may not be used are one error after the same work; of
//! further factors only who has shown the password learns; a password that was replaced meanwhile opens nothing.

use eventlog::How;
use identity_engine::Verdict;
use identity_model::User;
use kernel::{Actor, Personal, SubjectId, UserId, Who};

use crate::{
    EmailAddress, INSTALLATION, Identity, IdentityError, Password, Tokens,
    audit::{Entry, target},
    directory::{self, Found, Membership},
    sessions::Which,
};

/// Sign in.
#[derive(Debug)]
pub struct SignIn {
    /// As it was typed.
    pub email: String,
    /// As it was typed.
    pub password: Password,
    /// A code of the authenticator or a recovery code, where the account has a further factor; looked at after the password.
    pub code: Option<Password>,
    /// Name of the workspace; `None` for the first by name that is not archived.
    pub workspace: Option<String>,
}

impl Identity {
    /// Begins a session.
    ///
    /// # Errors
    /// [`IdentityError::BadCredentials`], [`IdentityError::TooManyAttempts`]; with the right password also
    /// [`IdentityError::SecondFactor`], [`IdentityError::BadCode`] and [`IdentityError::NoMembership`].
    #[tracing::instrument(name = "identity.sign_in", skip_all, err(level = "debug"))]
    pub async fn sign_in(&self, command: SignIn) -> Result<Tokens, IdentityError> {
        let mut known = None;
        let done = self.try_sign_in(&command, &mut known).await;
        self.note_sign_in("sign_in", known, &done).await;
        done
    }

    /// Puts down how signing in ended: with the workspace where it is known, with the installation otherwise.
    pub(super) async fn note_sign_in(
        &self,
        action: &'static str,
        known: Option<UserId>,
        done: &Result<Tokens, IdentityError>,
    ) {
        let entry = |session| match known {
            Some(user) => Entry::by(&Actor::new(INSTALLATION, Who::User(user), []), action, session),
            None => Entry::by_stranger(action, session),
        };
        match done {
            Ok(tokens) => self.put_down(tokens.workspace, entry(target("session", tokens.session.0)), done).await,
            Err(_) => self.put_down(INSTALLATION, entry(None), done).await,
        }
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
        let mut hash = found.as_ref().and_then(|found| found.hash.clone());
        let version = self.version_of(*known).await?;
        let verdict = self.inner.passwords.verify(&command.password, hash.clone()).await?;
        let Some(Found { user, .. }) = found.filter(|found| found.active && verdict != Verdict::Wrong) else {
            return Err(IdentityError::BadCredentials);
        };
        if verdict == Verdict::RightButOld
            && let Some(anew) = self.hash_anew((user, version), &command.password).await?
        {
            hash = Some(anew);
        }
        let shown = self.second_factor(user, command.code.as_ref()).await?;
        self.refill(&buckets[1..]).await?;
        let there = self.workspace_of(user, command.workspace.as_deref()).await?;
        let tokens = self.begin_session_by(user, &there, shown).await?;
        // Comparing takes long. Whoever has replaced the password meanwhile has ended all sessions but this one.
        if self.password_of(user).await? != hash {
            self.end_sessions(user, Which::One(tokens.session)).await?;
            return Err(IdentityError::BadCredentials);
        }
        Ok(tokens)
    }

    async fn version_of(&self, user: Option<UserId>) -> Result<u64, IdentityError> {
        match user {
            Some(user) => Ok(self.inner.log.get::<User>(INSTALLATION, user).await?.1),
            None => Ok(0),
        }
    }

    /// With the present parameters, unless the account has changed since this version. Signing in goes on when it fails: the old hash
    /// is as good as before. Gives the hash that is stored now.
    async fn hash_anew(
        &self,
        (user, version): (UserId, u64),
        password: &Password,
    ) -> Result<Option<String>, IdentityError> {
        let hash = self.inner.passwords.hash(password).await?;
        let stored = Personal::of(SubjectId(user.0), hash.clone());
        let how = How { expected: Some(version), ..How::default() };
        let rule = move |known: &User| Ok::<_, IdentityError>(known.set_password(stored));
        let (log, system) = (&self.inner.log, Actor::system(INSTALLATION));
        match log.change_with::<User, IdentityError, IdentityError>(&system, user, how, rule).await {
            Ok(_) => Ok(Some(hash)),
            Err(error) => {
                tracing::warn!(%error, "a password was not hashed anew");
                Ok(None)
            }
        }
    }

    /// The workspace of this name that the user belongs to, or their first.
    pub(crate) async fn workspace_of(&self, user: UserId, name: Option<&str>) -> Result<Membership, IdentityError> {
        let memberships = directory::memberships(&self.inner.log, user).await?;
        let wanted = match name {
            Some(name) => memberships.iter().find(|each| each.name == name),
            None => memberships.iter().find(|each| !each.archived).or(memberships.first()),
        };
        wanted.cloned().ok_or(IdentityError::NoMembership)
    }
}
