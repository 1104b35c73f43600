//! Accept invitation: who holds the secret of the mail joins; without an account one is made.

use identity_engine::Invite;
use identity_model::Workspace;
use kernel::{Actor, UserId, Who, WorkspaceId};
use sql::args;

use crate::{
    EmailAddress, INSTALLATION, Identity, IdentityError, Password,
    audit::{Entry, target},
    directory,
};

/// Accept invitation. Name and password are for a new account; one that exists keeps its own. One whose address was never verified may
/// be a stranger's: it gets the password, and loses whatever else opens it.
#[derive(Debug)]
pub struct AcceptInvitation {
    /// The secret of the mail.
    pub token: Password,
    /// Their name.
    pub name: String,
    /// Their password.
    pub password: Password,
}

impl Identity {
    /// Joins the workspace of an invitation. Nobody is signed in by it.
    ///
    /// # Errors
    /// `identity.bad_link` for a secret that is not good; `identity.weak_password`.
    #[tracing::instrument(name = "identity.accept_invitation", skip_all, err(level = "debug"))]
    pub async fn accept_invitation(&self, command: AcceptInvitation) -> Result<(WorkspaceId, UserId), IdentityError> {
        let invite = Invite::read(command.token.expose()).ok_or(IdentityError::BadLink)?;
        let (workspace, about) = (invite.workspace, target("invitation", invite.invitation.0));
        let done = self.try_accept(invite, command).await;
        let entry = match &done {
            Ok(user) => Entry::by(&Actor::new(workspace, Who::User(*user), []), "accept_invitation", about),
            Err(_) => Entry::by_stranger("accept_invitation", about),
        };
        // A secret that names no workspace of ours writes nothing into one.
        if done.is_ok() {
            self.put_down(workspace, entry, &done).await;
        } else {
            self.put_down(INSTALLATION, entry, &done).await;
        }
        Ok((workspace, done?))
    }

    async fn try_accept(&self, invite: Invite, command: AcceptInvitation) -> Result<UserId, IdentityError> {
        let Invite { workspace, invitation, hash } = invite;
        let log = &self.inner.log;
        let select = "SELECT email FROM identity_invitations WHERE workspace_id = $1 AND invitation_id = $2";
        let rows = log.database().tenant(workspace).all(select, args![invitation.0]).await?;
        let sealed: String = rows.first().ok_or(IdentityError::BadLink)?.get(0)?;
        let email = directory::opened(log, workspace, &sealed).await?.ok_or(IdentityError::BadLink)?;
        let email = EmailAddress::parse(&email)?;
        // Refused before an account is made.
        let (known, _) = log.get::<Workspace>(workspace, workspace).await?;
        let (fresh, now) = (UserId(log.source().uuid()), log.source().now());
        known.accept((invitation, &hash), fresh, now)?;
        let user = self.own_account(fresh, (&email, &command.name), &command.password).await?;
        let actor = Actor::new(workspace, Who::User(user), []);
        self.change_workspace(&actor, None, move |known| known.accept((invitation, &hash), user, now)).await?;
        Ok(user)
    }
}
