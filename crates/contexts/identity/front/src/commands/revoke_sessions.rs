//! Revoke one session or all others of the person who asks; sign out ends their present one.

use kernel::Actor;

use crate::{Identity, IdentityError, SessionId, audit::target, commands::person, sessions::Which};

impl Identity {
    /// Ends one session of the person who asks; their present one too: that is signing out.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; [`IdentityError::NotFound`].
    #[tracing::instrument(name = "identity.revoke_session", skip_all, err(level = "debug"))]
    pub async fn revoke_session(&self, actor: &Actor, session: SessionId) -> Result<(), IdentityError> {
        let done = async {
            match self.end_sessions(person(actor)?, Which::One(session)).await? {
                0 => Err(IdentityError::NotFound { what: "session" }),
                _ => Ok(()),
            }
        };
        let done = done.await;
        self.note(actor, ("revoke_session", target("session", session.0)), done).await
    }

    /// Ends all sessions of the person who asks, but for `keep`; gives how many.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key.
    #[tracing::instrument(name = "identity.revoke_sessions", skip_all, err(level = "debug"))]
    pub async fn revoke_sessions(&self, actor: &Actor, keep: Option<SessionId>) -> Result<u64, IdentityError> {
        let done = async { self.end_sessions(person(actor)?, Which::AllBut(keep)).await };
        let done = done.await;
        self.note(actor, ("revoke_sessions", None), done).await
    }
}
