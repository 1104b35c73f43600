//! List invitations: those that may still be accepted, oldest first.

use kernel::{Actor, Page, PageRequest, Permission, Timestamp};
use sql::args;
use uuid::Uuid;

use super::{after, fetch, page_of};
use crate::{Identity, IdentityError, InvitationId, directory};

const LIST: &str = "identity.list_invitations";

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
    /// Open invitations of the actor's workspace.
    ///
    /// # Errors
    /// Forbidden without `members:read`; `kernel.bad_cursor`.
    #[tracing::instrument(name = "identity.list_invitations", skip_all, err(level = "debug"))]
    pub async fn list_invitations(
        &self,
        actor: &Actor,
        page: &PageRequest,
    ) -> Result<Page<InvitationRow>, IdentityError> {
        actor.require(Permission::MembersRead)?;
        let log = &self.inner.log;
        let select = "SELECT invitation_id, email, role, expires_at FROM identity_invitations
             WHERE workspace_id = $1 AND invitation_id > $2 AND expires_at > $3 ORDER BY invitation_id LIMIT $4";
        let values = args![after(LIST, page, Uuid::nil())?, log.source().now(), fetch(page)];
        let rows = log.database().tenant(actor.workspace).all(select, values).await?;
        let Page { items, next } = page_of(LIST, page, rows)?;
        let mut invitations = Vec::with_capacity(items.len());
        for row in items {
            let email = directory::opened(log, actor.workspace, &row.get::<String>(1)?).await?;
            let (id, role, expires_at) = (row.id(0)?, row.get(2)?, row.get(3)?);
            invitations.push(InvitationRow { id, email, role, expires_at });
        }
        Ok(Page { items: invitations, next })
    }
}
