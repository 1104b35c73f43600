//! List invitations: those that may still be accepted.

use kernel::{Actor, Page, Permission, Timestamp};
use sql::args;

use super::page::Listing;
use crate::{Identity, IdentityError, InvitationId, ListRequest, directory};

const LIST: Listing = Listing { name: "identity.list_invitations", key: ("expires_at", "invitation_id") };

/// One invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationRow {
    /// Its id.
    pub id: InvitationId,
    /// Whom; `None` when they were erased.
    pub email: Option<String>,
    /// As what.
    pub role: String,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Identity {
    /// Open invitations of the actor's workspace, by the moment until when they are.
    ///
    /// # Errors
    /// Forbidden without `members:read`; `kernel.bad_cursor`.
    #[tracing::instrument(name = "identity.list_invitations", skip_all, err(level = "debug"))]
    pub async fn list_invitations(
        &self,
        actor: &Actor,
        request: &ListRequest,
    ) -> Result<Page<InvitationRow>, IdentityError> {
        actor.require(Permission::MembersRead)?;
        let log = &self.inner.log;
        let select = "SELECT expires_at, invitation_id, email, role FROM identity_invitations
             WHERE workspace_id = $1 AND expires_at > $2";
        let tenant = log.database().tenant(actor.workspace);
        let Page { items, next } = LIST.page(&tenant, (select, args![log.source().now()]), request).await?;
        let mut invitations = Vec::with_capacity(items.len());
        for row in items {
            let email = directory::opened(log, actor.workspace, &row.get::<String>(2)?).await?;
            let (expires_at, id, role) = (row.get(0)?, row.id(1)?, row.get(3)?);
            invitations.push(InvitationRow { id, email, role, expires_at });
        }
        Ok(Page { items: invitations, next })
    }
}
