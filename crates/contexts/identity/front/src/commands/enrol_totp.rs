//! Start TOTP and add TOTP: an authenticator gets a secret, and shows by a code that it has it.

use identity_engine::TotpKey;
use identity_model::{ChallengeId, TotpId, User};
use kernel::{Actor, Personal, SubjectId, Timestamp, UserId};
use telemetry::Secret;

use crate::{
    INSTALLATION, Identity, IdentityError, Password, Proof,
    audit::target,
    challenges::{self, AskedFor, Which},
    commands::person,
    config::PRODUCT,
};

/// A secret for an authenticator, shown once.
#[derive(Debug)]
pub struct NewTotp {
    /// As people type it: base32.
    pub secret: Secret<String>,
    /// As a camera reads it: `otpauth://totp/…`.
    pub uri: Secret<String>,
    /// Until when it can be confirmed.
    pub expires_at: Timestamp,
}

impl Identity {
    /// Makes a secret for the authenticator of the person who asks. It opens nothing until [`Identity::add_totp`] confirms it;
    /// one that was made before and not confirmed ends.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; those of [`Proof`]: `identity.proof_needed`, `identity.bad_credentials`,
    /// `identity.bad_code`, `identity.too_many_attempts`.
    #[tracing::instrument(name = "identity.start_totp", skip_all, err(level = "debug"))]
    pub async fn start_totp(&self, actor: &Actor, proof: &Proof) -> Result<NewTotp, IdentityError> {
        let done = async {
            let user = person(actor)?;
            self.prove(user, proof).await?;
            let log = &self.inner.log;
            let (known, _) = log.get::<User>(INSTALLATION, user).await?;
            let (email, _) = known.about().ok_or(IdentityError::NotFound { what: "user" })?;
            let key = TotpKey::make(&*log.source().chance);
            let secret = key.to_base32();
            let uri = key.uri(PRODUCT, email).ok_or(IdentityError::Fault { what: "write a secret down" })?;
            let ttl = self.inner.settings.enrolment_ttl;
            let expires_at = challenges::keep(log, pending(user), secret.expose().clone(), ttl).await?;
            Ok(NewTotp { secret, uri, expires_at })
        };
        let done = done.await;
        self.note(actor, ("start_totp", None), done).await
    }

    /// Confirms the secret by a code of it; codes of it are asked for from now on, and those of an earlier authenticator are good no
    /// more. Gives recovery codes, which are shown once, where it is the account's first further factor.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; [`IdentityError::BadCode`] for a wrong code and where nothing waits to be
    /// confirmed; `identity.too_many_attempts`.
    #[tracing::instrument(name = "identity.add_totp", skip_all, err(level = "debug"))]
    pub async fn add_totp(&self, actor: &Actor, code: &Password) -> Result<Vec<Secret<String>>, IdentityError> {
        let done = self.try_add_totp(actor, code).await;
        let user = person(actor).ok().and_then(|user| target("user", user.0));
        self.note(actor, ("add_totp", user), done).await
    }

    async fn try_add_totp(&self, actor: &Actor, code: &Password) -> Result<Vec<Secret<String>>, IdentityError> {
        let user = person(actor)?;
        let buckets = [Self::code_bucket(user)?];
        self.slow_down(&buckets).await?;
        let log = &self.inner.log;
        let secret = challenges::look(log, pending(user)).await?.ok_or(IdentityError::BadCode)?;
        let key = TotpKey::from_base32(&secret).ok_or(IdentityError::BadCode)?;
        let totp = TotpId(log.source().uuid());
        // The code that confirms is used by it: it does not sign in as well.
        self.take_step(user, (totp.0, &key), code.expose().trim()).await?;
        challenges::take(log, pending(user)).await?.ok_or(IdentityError::BadCode)?;
        let (shown, stored) = self.recovery_codes(user).await?;
        let secret = Personal::of(SubjectId(user.0), secret);
        let rule = move |known: &User| {
            known.change_factors(|factors| Some(factors.add_totp(totp, secret, stored))).ok_or(IdentityError::BadCode)
        };
        let added = self.change_factors(actor, user, rule).await?;
        self.refill(&buckets).await?;
        Ok(if added > 1 { shown } else { vec![] })
    }
}

/// One at a time: its id is the user's.
fn pending(user: UserId) -> Which {
    Which { asked_for: AskedFor::Totp, id: ChallengeId(user.0), about: user.0 }
}
