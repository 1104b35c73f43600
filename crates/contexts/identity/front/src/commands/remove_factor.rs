//! Remove TOTP, remove passkey: an account is opened by it no more.

use identity_model::{Factors, PasskeyId, User, UserEvent};
use kernel::{Actor, UserId};

use crate::{INSTALLATION, Identity, IdentityError, Proof, audit::target, commands::person};

impl Identity {
    /// Ends the authenticator of the person who asks. With the last factor its recovery codes end.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; those of [`Proof`]; [`IdentityError::FactorRequired`] where it is the last and a
    /// workspace of theirs requires one; [`IdentityError::NotFound`].
    #[tracing::instrument(name = "identity.remove_totp", skip_all, err(level = "debug"))]
    pub async fn remove_totp(&self, actor: &Actor, proof: &Proof) -> Result<(), IdentityError> {
        let done = async {
            let user = person(actor)?;
            self.prove(user, proof).await?;
            let (known, _) = self.inner.log.get::<User>(INSTALLATION, user).await?;
            let there = known.factors().totp.as_ref().ok_or(IdentityError::NotFound { what: "authenticator" })?;
            if known.factors().passkeys.is_empty() {
                self.may_be_without(user).await?;
            }
            self.remove(actor, user, ("authenticator", Factors::remove_totp)).await?;
            self.forget_uses(there.totp.0).await
        };
        let done = done.await;
        self.note(actor, ("remove_totp", None), done).await
    }

    /// Ends a passkey of the person who asks. With the last factor the recovery codes end.
    ///
    /// # Errors
    /// As [`Identity::remove_totp`].
    #[tracing::instrument(name = "identity.remove_passkey", skip_all, err(level = "debug"))]
    pub async fn remove_passkey(&self, actor: &Actor, passkey: PasskeyId, proof: &Proof) -> Result<(), IdentityError> {
        let done = async {
            let user = person(actor)?;
            self.prove(user, proof).await?;
            let (known, _) = self.inner.log.get::<User>(INSTALLATION, user).await?;
            let factors = known.factors();
            if factors.totp.is_none() && factors.passkeys.len() == 1 && factors.passkeys.contains_key(&passkey) {
                self.may_be_without(user).await?;
            }
            self.remove(actor, user, ("passkey", move |factors: &Factors| factors.remove_passkey(passkey))).await?;
            self.forget_uses(passkey.0).await
        };
        let done = done.await;
        self.note(actor, ("remove_passkey", target("passkey", passkey.0)), done).await
    }

    async fn remove(
        &self,
        actor: &Actor,
        user: UserId,
        (what, rule): (&'static str, impl FnOnce(&Factors) -> Option<Vec<UserEvent>> + Send + 'static),
    ) -> Result<(), IdentityError> {
        let rule = move |known: &User| known.change_factors(rule).ok_or(IdentityError::NotFound { what });
        self.change_factors(actor, user, rule).await.map(|_| ())
    }

    /// A change of the further factors of an account that may be refused; gives the number of facts.
    pub(super) async fn change_factors(
        &self,
        actor: &Actor,
        user: UserId,
        rule: impl FnOnce(&User) -> Result<Vec<UserEvent>, IdentityError> + Send + 'static,
    ) -> Result<usize, IdentityError> {
        // Accounts live in a workspace of their own; who acts stays the same.
        let there = Actor::new(INSTALLATION, actor.who, []);
        let changed = self.inner.log.change::<User, IdentityError, IdentityError>(&there, user, rule).await?;
        Ok(changed.events.len())
    }
}
