//! List keys: all keys of the workspace, revoked ones included, oldest first.

use kernel::{Actor, KeyId, Page, PageRequest, Permission, Timestamp, UserId};
use sql::{Row, SqlError, args};
use uuid::Uuid;

use super::{after, fetch, page_of};
use crate::{Identity, IdentityError};

const LIST: &str = "identity.list_keys";

/// One key; its secret was shown once and is stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Its id.
    pub id: KeyId,
    /// What it is for.
    pub name: String,
    /// What it may.
    pub role: String,
    /// Since when.
    pub issued_at: Timestamp,
    /// Until when; `None` for one that does not end.
    pub expires_at: Option<Timestamp>,
    /// By whom; `None` for the system and other keys.
    pub issued_by: Option<UserId>,
    /// When it was revoked; `None` for one that was not.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute; `None` for one that never was.
    pub last_used_at: Option<Timestamp>,
}

impl Identity {
    /// Keys of the actor's workspace.
    ///
    /// # Errors
    /// Forbidden without `keys:manage`; `kernel.bad_cursor`.
    #[tracing::instrument(name = "identity.list_keys", skip_all, err(level = "debug"))]
    pub async fn list_keys(&self, actor: &Actor, page: &PageRequest) -> Result<Page<KeyRow>, IdentityError> {
        actor.require(Permission::KeysManage)?;
        let select = "SELECT k.key_id, k.name, k.role, k.issued_at, k.expires_at, k.issued_by, k.revoked_at, u.used_at
             FROM identity_api_keys k
             LEFT JOIN identity_key_uses u ON u.workspace_id = k.workspace_id AND u.key_id = k.key_id
             WHERE k.workspace_id = $1 AND k.key_id > $2 ORDER BY k.key_id LIMIT $3";
        let values = args![after(LIST, page, Uuid::nil())?, fetch(page)];
        let rows = self.inner.log.database().tenant(actor.workspace).all(select, values).await?;
        let Page { items, next } = page_of(LIST, page, rows)?;
        Ok(Page { items: items.iter().map(read).collect::<Result<_, _>>()?, next })
    }
}

fn read(row: &Row) -> Result<KeyRow, SqlError> {
    Ok(KeyRow {
        id: row.id(0)?,
        name: row.get(1)?,
        role: row.get(2)?,
        issued_at: row.get(3)?,
        expires_at: row.get(4)?,
        issued_by: row.get::<Option<Uuid>>(5)?.map(UserId),
        revoked_at: row.get(6)?,
        last_used_at: row.get(7)?,
    })
}
