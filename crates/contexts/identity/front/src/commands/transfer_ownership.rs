//! Transfer ownership: another member becomes owner, and who was is an administrator, in one fact after the other of one change.

use kernel::{Actor, Permission, UserId};

use crate::{Identity, IdentityError, Proof, audit::target, commands::person};

impl Identity {
    /// Hands the actor's workspace over to another member.
    ///
    /// # Errors
    /// Forbidden without `workspace:manage`; [`IdentityError::NotAPerson`] for a key; those of [`Proof`];
    /// `identity.not_found` for who is no member, `identity.beyond_authority` for who is no owner.
    #[tracing::instrument(name = "identity.transfer_ownership", skip_all, err(level = "debug"))]
    pub async fn transfer_ownership(&self, actor: &Actor, to: UserId, proof: &Proof) -> Result<u64, IdentityError> {
        let done = async {
            actor.require(Permission::WorkspaceManage)?;
            let from = person(actor)?;
            self.prove(from, proof).await?;
            self.change_workspace(actor, None, move |known| known.transfer_ownership(from, to)).await
        };
        let done = done.await;
        self.note(actor, ("transfer_ownership", target("member", to.0)), done).await
    }
}
