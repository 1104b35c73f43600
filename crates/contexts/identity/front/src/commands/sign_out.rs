//! Sign out: the session of a refresh token ends, for whoever holds nothing else, such as a browser whose access token is over.

use kernel::{Actor, Who};

use crate::{Identity, IdentityError, Password};

impl Identity {
    /// Ends the session that a refresh token belongs to.
    ///
    /// # Errors
    /// [`IdentityError::SessionEnded`] as of [`Identity::refresh_session`]: there is nothing left to end.
    #[tracing::instrument(name = "identity.sign_out", skip_all, err(level = "debug"))]
    pub async fn sign_out(&self, token: &Password) -> Result<(), IdentityError> {
        // Whether a token is good, and whether it was used before, is decided in one place.
        let tokens = self.refresh_session(token).await?;
        self.revoke_session(&Actor::new(tokens.workspace, Who::User(tokens.user), []), tokens.session).await
    }
}
