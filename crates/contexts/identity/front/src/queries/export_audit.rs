//! Export audit: all entries of the workspace, oldest first, a page at a time.

use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use identity_model::AuditEvent;
use kernel::{Actor, Permission, WorkspaceId};
use sql::args;
use uuid::Uuid;

use super::list_audit::shown;
use crate::{AuditEntry, Identity, IdentityError};

/// Entries that are read at once.
const AT_ONCE: i64 = 500;

impl Identity {
    /// Entries of the actor's workspace up to this export, which is told in the audit itself: entries hold addresses. Pages of a list
    /// are not told: reading the audit is what `audit:read` is for, and an entry a page would bury the others.
    ///
    /// # Errors
    /// Forbidden without `audit:read`; later those of the database, after which the stream ends.
    #[tracing::instrument(name = "identity.export_audit", skip_all, err(level = "debug"))]
    pub async fn export_audit(
        &self,
        actor: &Actor,
    ) -> Result<BoxStream<'static, Result<Vec<AuditEntry>, IdentityError>>, IdentityError> {
        let done = async { Ok(actor.require(Permission::AuditRead)?) };
        let done = done.await;
        self.note(actor, ("export_audit", None), done).await?;
        let (door, workspace) = (self.clone(), actor.workspace);
        let newest = "SELECT entry_id FROM identity_audit WHERE workspace_id = $1 ORDER BY entry_id DESC LIMIT 1";
        let rows = door.inner.log.database().tenant(workspace).all(newest, args![]).await?;
        let until: Uuid = rows.first().map(|row| row.get(0)).transpose()?.unwrap_or_default();
        let pages = stream::try_unfold(Uuid::nil(), move |after| {
            let door = door.clone();
            async move {
                let page = door.audit_page(workspace, (after, until)).await?;
                Ok(page.last().map(|entry| entry.id.0).map(|last| (page, last)))
            }
        });
        Ok(pages.boxed())
    }

    async fn audit_page(
        &self,
        workspace: WorkspaceId,
        (after, until): (Uuid, Uuid),
    ) -> Result<Vec<AuditEntry>, IdentityError> {
        let log = &self.inner.log;
        let select = "SELECT entry_id, payload FROM identity_audit
             WHERE workspace_id = $1 AND entry_id > $2 AND entry_id <= $3 ORDER BY entry_id LIMIT $4";
        let rows = log.database().tenant(workspace).all(select, args![after, until, AT_ONCE]).await?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let AuditEvent::Audited { entry } = log.open_json(workspace, &row.get::<Vec<u8>>(1)?).await?;
            entries.push(shown(row.id(0)?, entry));
        }
        Ok(entries)
    }
}
