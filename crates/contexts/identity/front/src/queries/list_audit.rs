//! List audit: who did or tried what in the workspace.

use std::fmt::Write as _;

use identity_model::{AuditEvent, AuditRecord};
use kernel::{Actor, Cursor, Page, Permission, Timestamp};
use sql::{Row, Sql, Value, args};
use uuid::Uuid;

use super::page::{cut, fetch, no_place};
use crate::{AuditId, Identity, IdentityError, ListRequest, Outcome};

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
    /// Entries of the actor's workspace, by their ids: these grow as entries are written, while those of several processes may be
    /// written in another order than that of their moments.
    ///
    /// # Errors
    /// Forbidden without `audit:read`; `kernel.bad_cursor`.
    #[tracing::instrument(name = "identity.list_audit", skip_all, err(level = "debug"))]
    pub async fn list_audit(
        &self,
        actor: &Actor,
        filter: &AuditFilter,
        request: &ListRequest,
    ) -> Result<Page<AuditEntry>, IdentityError> {
        actor.require(Permission::AuditRead)?;
        // PostgreSQL refuses a text with such a character instead of finding none.
        if [&filter.action, &filter.who].into_iter().flatten().any(|wanted| wanted.contains('\0')) {
            return Ok(Page { items: vec![], next: None });
        }
        let (select, values) = asked(filter, request)?;
        let log = &self.inner.log;
        let rows = log.database().tenant(actor.workspace).all(Sql::made(select), values).await?;
        let (rows, is_more) = cut(&request.page, rows);
        let ends_with = rows.last().filter(|_| is_more).map(|row: &Row| row.get::<Uuid>(0)).transpose()?;
        let next = ends_with.map(|id| Cursor::new(LIST, id.as_bytes()));
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let payload: Vec<u8> = row.get(1)?;
            let AuditEvent::Audited { entry } = log.open_json(actor.workspace, &payload).await?;
            entries.push(shown(row.id(0)?, entry));
        }
        Ok(Page { items: entries, next })
    }
}

/// What is not asked for stands in no condition, so that an index is used for what is.
fn asked(filter: &AuditFilter, request: &ListRequest) -> Result<(String, Vec<Value>), IdentityError> {
    let (beyond, way) = request.order.words();
    let after = match request.page.after() {
        Some(cursor) => Uuid::from_slice(cursor.position(LIST)?).map_err(|_| no_place(cursor))?,
        None => request.order.first_id(),
    };
    let mut values = args![after, fetch(&request.page)];
    let mut select =
        format!("SELECT entry_id, payload FROM identity_audit WHERE workspace_id = $1 AND entry_id {beyond} $2");
    for (column, wanted) in [("action", &filter.action), ("who", &filter.who)] {
        if let Some(wanted) = wanted.as_deref().filter(|wanted| !wanted.is_empty()) {
            values.push(wanted.into());
            // Writing into a text cannot fail.
            let _ = write!(select, " AND {column} = ${}", values.len() + 1);
        }
    }
    Ok((select + &format!(" ORDER BY entry_id {way} LIMIT $3"), values))
}

pub(super) fn shown(id: AuditId, entry: AuditRecord) -> AuditEntry {
    let AuditRecord { who, action, target, outcome, reason, address, at } = entry;
    let address = address.and_then(|address| address.open().cloned());
    AuditEntry { id, at: Timestamp(at), who, action, target, outcome, reason, address }
}
