//! What somebody shows beside their password is checked here, and what somebody signed in shows once more.
//!
//! Invariants: a time step and a counter are taken once, by one row of a table that only grows, also when two processes are asked at
//! once; a recovery code is used by a fact of its account. A wrong code and a used one are one error.

use std::fmt::Write as _;

use identity_engine::{RecoveryCode, TotpKey, Verdict};
use identity_model::User;
use kernel::{Actor, UserId, Who};
use sql::args;
use telemetry::Secret;
use uuid::Uuid;

use crate::{
    INSTALLATION, Identity, IdentityError, Password,
    audit::{Entry, target},
};

/// Purpose of the key that recovery codes are hashed with.
const RECOVERY_PURPOSE: &str = "identity.recovery";

/// What somebody who is signed in shows before their account changes: a token alone may have been stolen.
#[derive(Debug, Default)]
pub struct Proof {
    /// The present password.
    pub password: Option<Password>,
    /// A code of the authenticator, or a recovery code; looked at first.
    pub code: Option<Password>,
}

/// By how many factors a session was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    One,
    Two,
}

impl Identity {
    /// What an account asks for after its password.
    pub(crate) async fn second_factor(&self, user: UserId, code: Option<&Password>) -> Result<Shown, IdentityError> {
        let (known, _) = self.inner.log.get::<User>(INSTALLATION, user).await?;
        let factors = known.factors();
        if !factors.any() {
            return Ok(Shown::One);
        }
        let Some(code) = code else {
            let kinds = [
                (factors.totp.is_some(), "totp"),
                (!factors.passkeys.is_empty(), "passkey"),
                (!factors.codes.is_empty(), "recovery_code"),
            ];
            let kinds = kinds.into_iter().filter_map(|(is_there, kind)| is_there.then_some(kind)).collect();
            return Err(IdentityError::SecondFactor { kinds });
        };
        let bucket = [Self::code_bucket(user)?];
        self.slow_down(&bucket).await?;
        self.check_code(user, &known, code).await?;
        self.refill(&bucket).await?;
        Ok(Shown::Two)
    }

    /// Takes a code of the authenticator or a recovery code, once.
    async fn check_code(&self, user: UserId, known: &User, code: &Password) -> Result<(), IdentityError> {
        let text = code.expose().trim();
        if TotpKey::is_code(text) {
            let totp = known.factors().totp.as_ref().ok_or(IdentityError::BadCode)?;
            let key = totp.secret.open().and_then(|secret| TotpKey::from_base32(secret));
            return self.take_step(user, (totp.totp.0, &key.ok_or(IdentityError::BadCode)?), text).await;
        }
        let hash = self.hash_of(user, &RecoveryCode::read(text).ok_or(IdentityError::BadCode)?).await?;
        let actor = Actor::new(INSTALLATION, Who::User(user), []);
        let rule =
            move |known: &User| known.change_factors(|factors| factors.use_code(hash)).ok_or(IdentityError::BadCode);
        self.inner.log.change::<User, IdentityError, IdentityError>(&actor, user, rule).await?;
        let entry = Entry::by(&actor, "use_recovery_code", target("user", user.0));
        self.put_down(INSTALLATION, entry, &Ok(())).await;
        Ok(())
    }

    /// Takes the step of a code, once.
    pub(crate) async fn take_step(
        &self,
        user: UserId,
        (factor, key): (Uuid, &TotpKey),
        code: &str,
    ) -> Result<(), IdentityError> {
        let step = key.step_of(code, self.inner.log.source().now()).ok_or(IdentityError::BadCode)?;
        if self.mark(user, factor, step).await? { Ok(()) } else { Err(IdentityError::BadCode) }
    }

    /// Whether this use of a factor comes after all before it; of two at once one does. Authenticators that do not count
    /// say 0 for ever.
    pub(crate) async fn mark(&self, user: UserId, factor: Uuid, mark: u64) -> Result<bool, IdentityError> {
        let now = self.inner.log.source().now();
        let mark = i64::try_from(mark).map_err(|_| IdentityError::BadCode)?;
        let upsert = "INSERT INTO identity_factor_uses AS u (workspace_id, factor_id, user_id, mark, used_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id, factor_id) DO UPDATE
             SET mark = excluded.mark, used_at = excluded.used_at
             WHERE u.user_id = excluded.user_id AND (u.mark < excluded.mark OR (u.mark = 0 AND excluded.mark = 0))";
        Ok(self.installation(upsert, args![factor, user.0, mark, now]).await? == 1)
    }

    /// Nobody changes their account by a token alone: a password, a code of the authenticator or a recovery code comes with it.
    pub(crate) async fn prove(&self, user: UserId, proof: &Proof) -> Result<(), IdentityError> {
        let (known, _) = self.inner.log.get::<User>(INSTALLATION, user).await?;
        let mut buckets = vec![Self::proof_bucket(user)?];
        self.slow_down_address().await?;
        match (&proof.code, &proof.password) {
            (Some(code), _) if known.factors().any() => {
                buckets.push(Self::code_bucket(user)?);
                self.slow_down(&buckets).await?;
                self.check_code(user, &known, code).await?;
            }
            (_, Some(password)) => {
                self.slow_down(&buckets).await?;
                let hash = self.password_of(user).await?;
                if self.inner.passwords.verify(password, hash).await? == Verdict::Wrong {
                    return Err(IdentityError::BadCredentials);
                }
            }
            _ => return Err(IdentityError::ProofNeeded),
        }
        self.refill(&buckets).await
    }

    /// Ten new recovery codes: what is shown once, and what is stored.
    pub(crate) async fn recovery_codes(
        &self,
        user: UserId,
    ) -> Result<(Vec<Secret<String>>, Vec<String>), IdentityError> {
        let (mut shown, mut stored) = (Vec::new(), Vec::new());
        for _ in 0..RecoveryCode::COUNT {
            let code = RecoveryCode::make(&*self.inner.log.source().chance);
            stored.push(self.hash_of(user, &code).await?);
            shown.push(code.to_text());
        }
        Ok((shown, stored))
    }

    async fn hash_of(&self, user: UserId, code: &RecoveryCode) -> Result<String, IdentityError> {
        let value = [&user.0.as_bytes()[..], code.bytes()].concat();
        let tag = self.inner.log.keys().hmac(INSTALLATION, RECOVERY_PURPOSE, &value).await?;
        Ok(tag.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }

    /// A workspace that requires a second factor keeps its members from being without one.
    pub(crate) async fn may_be_without(&self, user: UserId) -> Result<(), IdentityError> {
        let memberships = crate::directory::memberships(&self.inner.log, user).await?;
        let is_required = memberships.iter().any(|each| each.requires_factor && !each.archived);
        if is_required { Err(IdentityError::FactorRequired) } else { Ok(()) }
    }

    /// Forgets when a factor was used that is no more.
    pub(crate) async fn forget_uses(&self, factor: Uuid) -> Result<(), IdentityError> {
        let delete = "DELETE FROM identity_factor_uses WHERE workspace_id = $1 AND factor_id = $2";
        self.installation(delete, args![factor]).await.map(|_| ())
    }
}
