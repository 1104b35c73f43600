//! Sign in with passkey: no address, no password. The authenticator has verified the person and has the key: two factors.
//!
//! Invariants: a question is answered once, right or wrong; the account that an answer names is believed only when a key of this very
//! account has signed; a counter that does not grow is refused, and the session with it. Nothing tells which of these it was.

use identity_engine::Passkeys;
use identity_model::{ChallengeId, User};
use kernel::UserId;
use serde_json::Value;

use crate::{
    INSTALLATION, Identity, IdentityError, PasskeyOptions, Tokens,
    challenges::{self, AskedFor, Which},
    commands::add_passkey::{ANYBODY, over},
    factors::Shown,
};

/// Sign in with passkey.
#[derive(Debug)]
pub struct SignInWithPasskey {
    /// Which question is answered.
    pub challenge: ChallengeId,
    /// What the authenticator gave, in the JSON of `WebAuthn`.
    pub credential: Value,
    /// Name of the workspace; `None` for the first by name that is not archived.
    pub workspace: Option<String>,
}

impl Identity {
    /// Asks for any passkey. For anybody.
    ///
    /// # Errors
    /// [`IdentityError::PasskeysOff`], `identity.too_many_attempts`.
    #[tracing::instrument(name = "identity.start_passkey_sign_in", skip_all, err(level = "debug"))]
    pub async fn start_passkey_sign_in(&self) -> Result<PasskeyOptions, IdentityError> {
        let party = self.passkeys()?;
        self.slow_down_address().await?;
        let asked = party.ask_for_known().map_err(|why| IdentityError::BadPasskey { why })?;
        self.ask(AskedFor::SignIn, ANYBODY.0, asked).await
    }

    /// Begins a session for whose passkey has answered.
    ///
    /// # Errors
    /// [`IdentityError::BadPasskey`] whatever is not right with the answer; [`IdentityError::NoMembership`],
    /// `identity.too_many_attempts`.
    #[tracing::instrument(name = "identity.sign_in_with_passkey", skip_all, err(level = "debug"))]
    pub async fn sign_in_with_passkey(&self, command: SignInWithPasskey) -> Result<Tokens, IdentityError> {
        let mut known = None;
        let done = self.try_passkey(&command, &mut known).await;
        self.note_sign_in("sign_in_with_passkey", known, &done).await;
        done
    }

    async fn try_passkey(
        &self,
        command: &SignInWithPasskey,
        proven: &mut Option<UserId>,
    ) -> Result<Tokens, IdentityError> {
        let party = self.passkeys()?;
        self.slow_down_address().await?;
        let which = Which { asked_for: AskedFor::SignIn, id: command.challenge, about: ANYBODY.0 };
        let state = challenges::take(&self.inner.log, which).await?.ok_or_else(over)?;
        let whose = Passkeys::whose(&command.credential).map_err(|why| IdentityError::BadPasskey { why })?;
        let user = whose.user;
        let (known, _) = self.inner.log.get::<User>(INSTALLATION, user).await?;
        let stored = known.factors().passkeys.iter().filter(|_| known.is_active());
        let mut opened = stored.filter_map(|(id, each)| Some((*id, each.key.open()?)));
        let (id, key) = opened.find(|(_, key)| Passkeys::is_of(key, &whose.credential)).ok_or_else(unlike)?;
        let counter = party.take_known(&command.credential, &state, key).map_err(|why| {
            // For who runs the server; a stranger is told one thing for all.
            tracing::debug!(%user, why, "a passkey was refused");
            unlike()
        })?;
        *proven = Some(user);
        if !self.mark(user, id.0, u64::from(counter)).await? {
            tracing::warn!(%user, "a passkey's counter did not grow: it may have been copied");
            return Err(unlike());
        }
        let there = self.workspace_of(user, command.workspace.as_deref()).await?;
        self.begin_session_by(user, &there, Shown::Two).await
    }
}

fn unlike() -> IdentityError {
    IdentityError::BadPasskey { why: "it is no answer of a passkey that is known here".to_owned() }
}
