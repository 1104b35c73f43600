//! List keys: all keys of the workspace, revoked ones included.

use kernel::{Actor, KeyId, Page, Permission, Timestamp, UserId};
use sql::{Row, SqlError, args};
use uuid::Uuid;

use super::page::Listing;
use crate::{Identity, IdentityError, ListRequest};

const LIST: Listing = Listing { name: "identity.list_keys", key: ("k.issued_at", "k.key_id") };

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
    /// Keys of the actor's workspace, by the moment of their issue.
    ///
    /// # Errors
    /// Forbidden without `keys:manage`; `kernel.bad_cursor`.
    #[tracing::instrument(name = "identity.list_keys", skip_all, err(level = "debug"))]
    pub async fn list_keys(&self, actor: &Actor, request: &ListRequest) -> Result<Page<KeyRow>, IdentityError> {
        actor.require(Permission::KeysManage)?;
        let select = "SELECT k.issued_at, k.key_id, k.name, k.role, k.expires_at, k.issued_by, k.revoked_at, u.used_at
             FROM identity_api_keys k
             LEFT JOIN identity_key_uses u ON u.workspace_id = k.workspace_id AND u.key_id = k.key_id
             WHERE k.workspace_id = $1";
        let tenant = self.inner.log.database().tenant(actor.workspace);
        let Page { items, next } = LIST.page(&tenant, (select, args![]), request).await?;
        Ok(Page { items: items.iter().map(read).collect::<Result<_, _>>()?, next })
    }
}

fn read(row: &Row) -> Result<KeyRow, SqlError> {
    Ok(KeyRow {
        issued_at: row.get(0)?,
        id: row.id(1)?,
        name: row.get(2)?,
        role: row.get(3)?,
        expires_at: row.get(4)?,
        issued_by: row.get::<Option<Uuid>>(5)?.map(UserId),
        revoked_at: row.get(6)?,
        last_used_at: row.get(7)?,
    })
}
