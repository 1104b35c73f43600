//! Show factors: what the person who asks can show beside their password; list passkeys.

use identity_model::User;
use kernel::{Actor, Timestamp};
use sql::args;
use uuid::Uuid;

use crate::{INSTALLATION, Identity, IdentityError, PasskeyId, commands::person};

/// What an account has beside its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorsRow {
    /// Whether an authenticator gives codes.
    pub totp: bool,
    /// How many passkeys it has.
    pub passkeys: usize,
    /// Recovery codes that were not used.
    pub recovery_codes: usize,
    /// Whether a workspace of theirs requires a second factor.
    pub required: bool,
}

/// One passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRow {
    /// Its id.
    pub id: PasskeyId,
    /// What its owner calls it; `None` when it was erased.
    pub name: Option<String>,
    /// When somebody last signed in with it; `None` for never.
    pub last_used_at: Option<Timestamp>,
}

impl Identity {
    /// What the person who asks has.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key.
    #[tracing::instrument(name = "identity.show_factors", skip_all, err(level = "debug"))]
    pub async fn show_factors(&self, actor: &Actor) -> Result<FactorsRow, IdentityError> {
        let user = person(actor)?;
        let (known, _) = self.inner.log.get::<User>(INSTALLATION, user).await?;
        let factors = known.factors();
        Ok(FactorsRow {
            totp: factors.totp.is_some(),
            passkeys: factors.passkeys.len(),
            recovery_codes: factors.codes.len(),
            required: matches!(self.may_be_without(user).await, Err(IdentityError::FactorRequired)),
        })
    }

    /// Passkeys of the person who asks, the oldest first; there are at most 20.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key.
    #[tracing::instrument(name = "identity.list_passkeys", skip_all, err(level = "debug"))]
    pub async fn list_passkeys(&self, actor: &Actor) -> Result<Vec<PasskeyRow>, IdentityError> {
        let user = person(actor)?;
        let log = &self.inner.log;
        let (known, _) = log.get::<User>(INSTALLATION, user).await?;
        let select = "SELECT factor_id, used_at FROM identity_factor_uses WHERE workspace_id = $1 AND user_id = $2";
        let rows = log.database().tenant(INSTALLATION).all(select, args![user.0]).await?;
        let mut last_uses = std::collections::HashMap::<Uuid, Timestamp>::new();
        for row in &rows {
            last_uses.insert(row.get(0)?, row.get(1)?);
        }
        let row = |(id, passkey): (&PasskeyId, &identity_model::Passkey)| PasskeyRow {
            id: *id,
            name: passkey.name.open().cloned(),
            last_used_at: last_uses.get(&id.0).copied(),
        };
        Ok(known.factors().passkeys.iter().map(row).collect())
    }
}
