//! Start passkey, add passkey, rename passkey: an authenticator makes a key for the person who asks.

use identity_engine::{Asked, Passkeys};
use identity_model::{ChallengeId, Factors, PasskeyId, User};
use kernel::{Actor, Personal, SubjectId, Timestamp, UserId};
use serde_json::Value;
use telemetry::Secret;

use crate::{
    INSTALLATION, Identity, IdentityError, Proof,
    audit::target,
    challenges::{self, AskedFor, Which},
    commands::person,
    words,
};

/// What a browser passes on to an authenticator.
#[derive(Debug)]
pub struct PasskeyOptions {
    /// To be sent with the answer.
    pub challenge: ChallengeId,
    /// For `navigator.credentials.create` or `.get`, in the JSON of `WebAuthn`.
    pub options: Value,
    /// Until when it can be answered.
    pub expires_at: Timestamp,
}

/// Add passkey.
#[derive(Debug)]
pub struct AddPasskey {
    /// Which question is answered.
    pub challenge: ChallengeId,
    /// What its owner calls it.
    pub name: String,
    /// What the authenticator gave, in the JSON of `WebAuthn`.
    pub credential: Value,
}

/// A passkey that was added.
#[derive(Debug)]
pub struct AddedPasskey {
    /// Its id.
    pub id: PasskeyId,
    /// Shown once; empty where the account had a further factor already.
    pub recovery_codes: Vec<Secret<String>>,
}

impl Identity {
    /// Asks for a passkey of the person who asks.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; those of [`Proof`]; [`IdentityError::PasskeysOff`].
    #[tracing::instrument(name = "identity.start_passkey", skip_all, err(level = "debug"))]
    pub async fn start_passkey(&self, actor: &Actor, proof: &Proof) -> Result<PasskeyOptions, IdentityError> {
        let done = async {
            let (user, party) = (person(actor)?, self.passkeys()?);
            self.prove(user, proof).await?;
            let (known, _) = self.inner.log.get::<User>(INSTALLATION, user).await?;
            let (email, _) = known.about().ok_or(IdentityError::NotFound { what: "user" })?;
            let keys: Vec<&str> =
                known.factors().passkeys.values().filter_map(|each| each.key.open().map(String::as_str)).collect();
            let asked = party.ask_for_new(user, email, &keys).map_err(|why| IdentityError::BadPasskey { why })?;
            self.ask(AskedFor::NewPasskey, user.0, asked).await
        };
        let done = done.await;
        self.note(actor, ("start_passkey", None), done).await
    }

    /// Adds the passkey that an authenticator has made.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; [`IdentityError::BadPasskey`], [`IdentityError::TooManyPasskeys`],
    /// `identity.bad_name`.
    #[tracing::instrument(name = "identity.add_passkey", skip_all, err(level = "debug"))]
    pub async fn add_passkey(&self, actor: &Actor, command: AddPasskey) -> Result<AddedPasskey, IdentityError> {
        let done = self.try_add_passkey(actor, command).await;
        let added = done.as_ref().ok().and_then(|added| target("passkey", added.id.0));
        self.note(actor, ("add_passkey", added), done).await
    }

    async fn try_add_passkey(&self, actor: &Actor, command: AddPasskey) -> Result<AddedPasskey, IdentityError> {
        let (user, party) = (person(actor)?, self.passkeys()?);
        let name = words::person(&command.name)?;
        let log = &self.inner.log;
        let which = Which { asked_for: AskedFor::NewPasskey, id: command.challenge, about: user.0 };
        let state = challenges::take(log, which).await?.ok_or_else(over)?;
        let key = party.take_new(&command.credential, &state).map_err(|why| IdentityError::BadPasskey { why })?;
        let (shown, stored) = self.recovery_codes(user).await?;
        let about = |text: String| Personal::of(SubjectId(user.0), text);
        let (id, about) = (PasskeyId(log.source().uuid()), (about(name), about(key)));
        let rule = move |known: &User| {
            let added = known.change_factors(|factors| factors.add_passkey(id, about, stored));
            added.ok_or(IdentityError::TooManyPasskeys)
        };
        let added = self.change_factors(actor, user, rule).await?;
        Ok(AddedPasskey { id, recovery_codes: if added > 1 { shown } else { vec![] } })
    }

    /// Calls a passkey of the person who asks otherwise.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; [`IdentityError::NotFound`], `identity.bad_name`.
    #[tracing::instrument(name = "identity.rename_passkey", skip_all, err(level = "debug"))]
    pub async fn rename_passkey(&self, actor: &Actor, passkey: PasskeyId, name: &str) -> Result<(), IdentityError> {
        let done = async {
            let user = person(actor)?;
            let name = Personal::of(SubjectId(user.0), words::person(name)?);
            let rule = move |factors: &Factors| factors.rename_passkey(passkey, name);
            let rule =
                move |known: &User| known.change_factors(rule).ok_or(IdentityError::NotFound { what: "passkey" });
            self.change_factors(actor, user, rule).await.map(|_| ())
        };
        let done = done.await;
        self.note(actor, ("rename_passkey", target("passkey", passkey.0)), done).await
    }

    /// The relying party, where this installation's address has a name.
    pub(super) fn passkeys(&self) -> Result<&Passkeys, IdentityError> {
        self.inner.passkeys.as_ref().ok_or(IdentityError::PasskeysOff)
    }

    /// Keeps what is asked until it is answered.
    pub(super) async fn ask(
        &self,
        asked_for: AskedFor,
        about: uuid::Uuid,
        Asked { options, state }: Asked,
    ) -> Result<PasskeyOptions, IdentityError> {
        let log = &self.inner.log;
        let challenge = ChallengeId(log.source().uuid());
        let which = Which { asked_for, id: challenge, about };
        let expires_at = challenges::keep(log, which, state, self.inner.settings.challenge_ttl).await?;
        Ok(PasskeyOptions { challenge, options, expires_at })
    }
}

/// What was asked was answered already, is over, or was asked of somebody else.
pub(super) fn over() -> IdentityError {
    IdentityError::BadPasskey { why: "what it answers was answered already, has ended, or was never asked".to_owned() }
}

/// Nobody: whose passkey it is, the answer says.
pub(super) const ANYBODY: UserId = UserId(uuid::Uuid::nil());
