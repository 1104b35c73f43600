//! Refresh session: the next pair of tokens for the last one; see [`crate::sessions`] for the rules.

use identity_engine::Refresh;
use kernel::{Actor, Who};

use crate::{
    Identity, IdentityError, Password, Tokens,
    audit::{Entry, target},
    directory,
    sessions::Turn,
};

impl Identity {
    /// Goes on with a session.
    ///
    /// # Errors
    /// [`IdentityError::SessionEnded`] whatever the reason: over, revoked, reused, forged, no member any more.
    #[tracing::instrument(name = "identity.refresh_session", skip_all, err(level = "debug"))]
    pub async fn refresh_session(&self, token: &Password) -> Result<Tokens, IdentityError> {
        let given = Refresh::read(token.expose()).ok_or(IdentityError::SessionEnded)?;
        let session = given.session;
        match self.turn(given).await? {
            Turn::Ended => Err(IdentityError::SessionEnded),
            Turn::Next { user, workspace, refresh } => {
                let (log, now) = (&self.inner.log, self.inner.log.source().now());
                let live = directory::live_session(log, (session, user, workspace), now).await?;
                let lacks_factor = live.ok_or(IdentityError::SessionEnded)?.lacks_factor;
                let tokens = self.tokens((session, user, workspace), refresh).await?;
                Ok(Tokens { lacks_factor, ..tokens })
            }
            Turn::Reused { user, workspace } => {
                // A copy is in other hands: nobody goes on with either.
                self.inner.verified.outdate();
                let actor = Actor::new(workspace, Who::User(user), []);
                let ended = Err(IdentityError::SessionEnded);
                let entry = Entry::by(&actor, "reuse_refresh_token", target("session", session.0));
                self.put_down(workspace, entry, &ended).await;
                ended
            }
        }
    }
}
