//! What one can ask identity to do. One file per command, or per pair that undo each other.

mod accept_invitation;
mod add_passkey;
mod change_role;
mod create_user;
mod create_workspace;
mod deactivate_user;
mod define_role;
mod enrol_totp;
mod finish_sso;
mod import_user;
mod invite_member;
mod issue_key;
mod make_recovery_codes;
mod refresh_session;
mod remove_factor;
mod remove_member;
mod require_second_factor;
mod reset_password;
mod revoke_key;
mod revoke_sessions;
mod rotate_signing_key;
mod set_password;
mod set_up;
mod sign_in;
mod sign_in_with_passkey;
mod sign_out;
mod sign_up;
mod start_sso;
mod transfer_ownership;
mod unlink_identity;
mod verify_email;

pub use accept_invitation::AcceptInvitation;
pub use add_passkey::{AddPasskey, AddedPasskey, PasskeyOptions};
pub use change_role::ChangeRole;
pub use create_user::CreateUser;
pub use define_role::DefineRole;
pub use enrol_totp::NewTotp;
pub use finish_sso::FinishSso;
pub use import_user::ImportUser;
pub use invite_member::InviteMember;
pub use issue_key::{IssueKey, IssuedKey};
pub use reset_password::ResetPassword;
pub use set_password::SetPassword;
pub use set_up::SetUp;
pub use sign_in::SignIn;
pub use sign_in_with_passkey::SignInWithPasskey;
pub use sign_up::SignUp;
pub(crate) use sign_up::about;
pub use start_sso::StartedSso;

use identity_model::{Workspace, WorkspaceEvent};
use kernel::{Actor, UserId, Who};

use crate::{Identity, IdentityError, Refusal};

/// The person who asks.
pub(crate) fn person(actor: &Actor) -> Result<UserId, IdentityError> {
    if let Who::User(user) = actor.who { Ok(user) } else { Err(IdentityError::NotAPerson) }
}

impl Identity {
    /// A change of the actor's workspace, on the version that they have seen. What was verified is looked up again.
    async fn change_workspace(
        &self,
        actor: &Actor,
        expected: Option<u64>,
        rule: impl FnOnce(&Workspace) -> Result<Vec<WorkspaceEvent>, Refusal> + Send + 'static,
    ) -> Result<u64, IdentityError> {
        let how = eventlog::How { expected, ..eventlog::How::default() };
        let id = actor.workspace;
        let changed = self.inner.log.change_with::<Workspace, Refusal, IdentityError>(actor, id, how, rule).await?;
        self.inner.verified.outdate();
        Ok(changed.version)
    }
}
