//! List sessions: where the person who asks is signed in.

use kernel::{Actor, Page, Timestamp, WorkspaceId};
use sql::args;

use super::page::Listing;
use crate::{
    INSTALLATION, Identity, IdentityError, ListRequest, SessionId, commands::person, config::micros, sessions::Device,
};

const LIST: Listing = Listing { name: "identity.list_sessions", key: ("created_at", "session_id") };

/// One session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// Since when.
    pub created_at: Timestamp,
    /// When its tokens were last renewed.
    pub used_at: Timestamp,
    /// When it ends, however often it is used.
    pub ends_at: Timestamp,
    /// The program that began it.
    pub agent: Option<String>,
    /// The address that it was begun from.
    pub address: Option<String>,
}

impl Identity {
    /// Live sessions of the person who asks, in all of their workspaces, by the moment since when they are.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; `kernel.bad_cursor`.
    #[tracing::instrument(name = "identity.list_sessions", skip_all, err(level = "debug"))]
    pub async fn list_sessions(&self, actor: &Actor, request: &ListRequest) -> Result<Page<SessionRow>, IdentityError> {
        let user = person(actor)?;
        let log = &self.inner.log;
        let now = log.source().now();
        let idle = Timestamp(now.0.saturating_sub(micros(self.inner.settings.session_idle)));
        let select = "SELECT created_at, session_id, workspace, used_at, ends_at, device FROM identity_sessions
             WHERE workspace_id = $1 AND user_id = $2 AND revoked_at IS NULL AND ends_at > $3 AND used_at > $4";
        let tenant = log.database().tenant(INSTALLATION);
        let Page { items, next } = LIST.page(&tenant, (select, args![user.0, now, idle]), request).await?;
        let mut sessions = Vec::with_capacity(items.len());
        for row in items {
            let device: Device = log.open_json(INSTALLATION, &row.get::<Vec<u8>>(5)?).await?;
            let text = |value: Option<kernel::Personal<String>>| value.and_then(|value| value.open().cloned());
            sessions.push(SessionRow {
                created_at: row.get(0)?,
                id: row.id(1)?,
                workspace: row.id(2)?,
                used_at: row.get(3)?,
                ends_at: row.get(4)?,
                agent: text(device.agent),
                address: text(device.address),
            });
        }
        Ok(Page { items: sessions, next })
    }
}
