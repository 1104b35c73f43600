//! JWKS: the public keys by which others verify access tokens.

use crate::{Identity, IdentityError, Jwks};

impl Identity {
    /// The keys that sign and those whose tokens still live. For anybody.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn jwks(&self) -> Result<Jwks, IdentityError> {
        self.inner.signing.jwks().await
    }
}
