//! Make recovery codes: ten new ones, and none of the old is good any more.

use identity_model::User;
use kernel::Actor;
use telemetry::Secret;

use crate::{Identity, IdentityError, Proof, commands::person};

impl Identity {
    /// Gives the person who asks ten recovery codes, which are shown once.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; those of [`Proof`]; [`IdentityError::NotFound`] without another factor, whose
    /// loss they would be for.
    #[tracing::instrument(name = "identity.make_recovery_codes", skip_all, err(level = "debug"))]
    pub async fn make_recovery_codes(
        &self,
        actor: &Actor,
        proof: &Proof,
    ) -> Result<Vec<Secret<String>>, IdentityError> {
        let done = async {
            let user = person(actor)?;
            self.prove(user, proof).await?;
            let (shown, stored) = self.recovery_codes(user).await?;
            let rule = move |known: &User| {
                let made = known.change_factors(|factors| factors.make_codes(stored));
                made.ok_or(IdentityError::NotFound { what: "second factor" })
            };
            self.change_factors(actor, user, rule).await?;
            Ok(shown)
        };
        let done = done.await;
        self.note(actor, ("make_recovery_codes", None), done).await
    }
}
