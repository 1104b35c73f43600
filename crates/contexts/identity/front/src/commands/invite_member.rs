//! Invite member, and take the invitation back.

use eventlog::How;
use futures::FutureExt;
use identity_engine::{Invite, MailPurpose};
use identity_model::{NewInvitation, Workspace};
use kernel::{Actor, Permission, Personal, SubjectId, Timestamp};

use crate::{
    EmailAddress, Identity, IdentityError, InvitationId, Refusal,
    audit::target,
    config::micros,
    jobs::{MailArgs, SEND_MAIL},
};

/// Invite member.
#[derive(Debug)]
pub struct InviteMember {
    /// Whom; they may have an account or not, which the answer does not tell.
    pub email: EmailAddress,
    /// As what; may no more than the actor.
    pub role: String,
}

impl Identity {
    /// Invites somebody into the actor's workspace; the mail is in the queue when this returns.
    ///
    /// # Errors
    /// Forbidden without `members:manage`; `identity.no_such_role`, `identity.beyond_authority`.
    #[tracing::instrument(name = "identity.invite_member", skip_all, err(level = "debug"))]
    pub async fn invite_member(&self, actor: &Actor, command: InviteMember) -> Result<InvitationId, IdentityError> {
        let done = self.try_invite(actor, command).await;
        let invitation = done.as_ref().ok().and_then(|id| target("invitation", id.0));
        self.note(actor, ("invite_member", invitation), done).await
    }

    async fn try_invite(&self, actor: &Actor, command: InviteMember) -> Result<InvitationId, IdentityError> {
        actor.require(Permission::MembersManage)?;
        let (log, jobs) = (&self.inner.log, self.inner.jobs.clone());
        let (known, _) = log.get::<Workspace>(actor.workspace, actor.workspace).await?;
        let (source, now) = (log.source(), log.source().now());
        let invitation = InvitationId(source.uuid());
        let (secret, invite) = Invite::make(actor.workspace, invitation, &*source.chance);
        let about = |text: &str| Personal::of(SubjectId(invitation.0), text.to_owned());
        let mail = MailArgs {
            purpose: MailPurpose::Invitation,
            workspace: known.name().to_owned(),
            to: about(command.email.as_str()),
            secret: about(secret.expose()),
            at: now,
        };
        let mail = jobs.job(actor.workspace, SEND_MAIL, &mail).await?;
        let new = NewInvitation {
            invitation,
            email: about(command.email.as_str()),
            role: command.role,
            hash: invite.hash,
            expires_at: Timestamp(now.0 + micros(self.inner.settings.invitation_ttl)),
        };
        let authority = actor.permissions().to_vec();
        let how = How {
            also: Some(Box::new(move |tx, _| {
                async move { Ok(jobs.enqueue_in(tx, vec![mail]).await.map(|_| ())?) }.boxed()
            })),
            ..How::default()
        };
        let rule = move |workspace: &Workspace| workspace.invite(new, &authority);
        log.change_with::<Workspace, Refusal, IdentityError>(actor, actor.workspace, how, rule).await?;
        Ok(invitation)
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// Forbidden without `members:manage`; [`IdentityError::NotFound`].
    #[tracing::instrument(name = "identity.revoke_invitation", skip_all, err(level = "debug"))]
    pub async fn revoke_invitation(&self, actor: &Actor, invitation: InvitationId) -> Result<(), IdentityError> {
        let done = async {
            actor.require(Permission::MembersManage)?;
            let done = self.change_workspace(actor, None, move |known| known.revoke_invitation(invitation)).await;
            match done {
                Err(IdentityError::Refused(Refusal::BadInvitation)) => {
                    Err(IdentityError::NotFound { what: "invitation" })
                }
                done => done.map(|_| ()),
            }
        };
        let done = done.await;
        self.note(actor, ("revoke_invitation", target("invitation", invitation.0)), done).await
    }
}
