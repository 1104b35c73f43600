//! List members: who belongs to the workspace, as what.

use std::collections::HashMap;

use kernel::{Actor, Page, Permission, Timestamp, UserId};
use sql::{Row, SqlError, args};
use uuid::Uuid;

use super::page::Listing;
use crate::{INSTALLATION, Identity, IdentityError, ListRequest, directory};

const LIST: Listing = Listing { name: "identity.list_members", key: ("since", "user_id") };

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// Their account.
    pub user: UserId,
    /// Their address; `None` when it was erased.
    pub email: Option<String>,
    /// Their name; `None` when it was erased.
    pub name: Option<String>,
    /// Their role here.
    pub role: String,
    /// Since when.
    pub since: Timestamp,
    /// Whether the account may be used.
    pub active: bool,
    /// Whether their address was verified.
    pub verified: bool,
}

impl Identity {
    /// Members of the actor's workspace, by the moment since when they are.
    ///
    /// # Errors
    /// Forbidden without `members:read`; `kernel.bad_cursor`.
    #[tracing::instrument(name = "identity.list_members", skip_all, err(level = "debug"))]
    pub async fn list_members(&self, actor: &Actor, request: &ListRequest) -> Result<Page<MemberRow>, IdentityError> {
        actor.require(Permission::MembersRead)?;
        let select = "SELECT since, user_id, role FROM identity_members WHERE workspace_id = $1";
        let tenant = self.inner.log.database().tenant(actor.workspace);
        let Page { items, next } = LIST.page(&tenant, (select, args![]), request).await?;
        let (Some(first), Some(last)) = (items.first(), items.last()) else { return Ok(Page { items: vec![], next }) };
        let place = |row: &Row| Ok::<_, SqlError>((row.get::<i64>(0)?, row.get::<Uuid>(1)?));
        // In whichever order they were asked for.
        let (one, other) = (place(first)?, place(last)?);
        let (from, to) = (one.min(other), one.max(other));
        let between = args![actor.workspace.0, from.0, from.1, to.0, to.1];
        let select = "SELECT u.user_id, u.email, u.name, u.active, u.verified FROM identity_members m
             JOIN identity_users u ON u.workspace_id = $1 AND u.user_id = m.user_id
             WHERE m.workspace_id = $2 AND (m.since, m.user_id) >= ($3, $4) AND (m.since, m.user_id) <= ($5, $6)";
        let accounts = directory::accounts(&self.inner.log, select, between).await?;
        let mut members = Vec::with_capacity(items.len());
        for row in items {
            members.push(self.member(&row, &accounts).await?);
        }
        Ok(Page { items: members, next })
    }

    async fn member(&self, row: &Row, accounts: &HashMap<Uuid, Row>) -> Result<MemberRow, IdentityError> {
        let (since, user, role) = (row.get(0)?, row.get::<Uuid>(1)?, row.get(2)?);
        let mut member =
            MemberRow { user: UserId(user), email: None, name: None, role, since, active: false, verified: false };
        if let Some(account) = accounts.get(&user) {
            let log = &self.inner.log;
            member.email = directory::opened(log, INSTALLATION, &account.get::<String>(1)?).await?;
            member.name = directory::opened(log, INSTALLATION, &account.get::<String>(2)?).await?;
            (member.active, member.verified) = (account.get(3)?, account.get(4)?);
        }
        Ok(member)
    }
}
