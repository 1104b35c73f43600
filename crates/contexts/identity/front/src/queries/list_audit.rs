//! List audit: who did or tried what in the workspace, newest first.

use identity_model::{AuditEvent, AuditRecord};
use kernel::{Actor, Page, PageRequest, Permission, Timestamp};
use sql::args;
use uuid::Uuid;

use super::{after, fetch, page_of};
use crate::{AuditId, Identity, IdentityError, Outcome};

const LIST: &str = "identity.list_audit";

/// Which entries; the default has all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only this use case.
    pub action: Option<String>,
    /// Only by this one: `user:<id>`, `key:<id>`, `system`, `stranger`.
    pub who: Option<String>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// `user:<id>`, `key:<id>`, `system`, or `stranger`.
    pub who: String,
    /// Name of the use case.
    pub action: String,
    /// A kind and an id.
    pub target: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Code of the refusal.
    pub reason: Option<String>,
    /// From where; `None` where it is not known or was erased.
    pub address: Option<String>,
}

impl Identity {
    /// Entries of the actor's workspace.
    ///
    /// # Errors
    /// Forbidden without `audit:read`; `kernel.bad_cursor`.
    #[tracing::instrument(name = "identity.list_audit", skip_all, err(level = "debug"))]
    pub async fn list_audit(
        &self,
        actor: &Actor,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, IdentityError> {
        actor.require(Permission::AuditRead)?;
        let before = after(LIST, page, Uuid::max())?;
        let select = "SELECT entry_id, payload FROM identity_audit WHERE workspace_id = $1 AND entry_id < $2
             AND ($3 = '' OR action = $3) AND ($4 = '' OR who = $4) ORDER BY entry_id DESC LIMIT $5";
        let (action, who) = (filter.action.as_deref().unwrap_or_default(), filter.who.as_deref().unwrap_or_default());
        let log = &self.inner.log;
        let rows = log.database().tenant(actor.workspace).all(select, args![before, action, who, fetch(page)]).await?;
        let Page { items, next } = page_of(LIST, page, rows)?;
        let mut entries = Vec::with_capacity(items.len());
        for row in items {
            let payload: Vec<u8> = row.get(1)?;
            let AuditEvent::Audited { entry } = log.open_json(actor.workspace, &payload).await?;
            entries.push(shown(row.id(0)?, entry));
        }
        Ok(Page { items: entries, next })
    }
}

pub(super) fn shown(id: AuditId, entry: AuditRecord) -> AuditEntry {
    let AuditRecord { who, action, target, outcome, reason, address, at } = entry;
    let address = address.and_then(|address| address.open().cloned());
    AuditEntry { id, at: Timestamp(at), who, action, target, outcome, reason, address }
}
