//! List members: who belongs to the workspace, as what.

use std::collections::HashMap;

use kernel::{Actor, Page, PageRequest, Permission, Timestamp, UserId};
use sql::{Row, args};
use uuid::Uuid;

use super::{after, fetch, page_of};
use crate::{INSTALLATION, Identity, IdentityError, directory};

const LIST: &str = "identity.list_members";

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
    /// Members of the actor's workspace, the oldest accounts first.
    ///
    /// # Errors
    /// Forbidden without `members:read`; `kernel.bad_cursor`.
    #[tracing::instrument(name = "identity.list_members", skip_all, err(level = "debug"))]
    pub async fn list_members(&self, actor: &Actor, page: &PageRequest) -> Result<Page<MemberRow>, IdentityError> {
        actor.require(Permission::MembersRead)?;
        let database = self.inner.log.database();
        let select = "SELECT user_id, role, since FROM identity_members WHERE workspace_id = $1 AND user_id > $2
             ORDER BY user_id LIMIT $3";
        let values = args![after(LIST, page, Uuid::nil())?, fetch(page)];
        let rows = database.tenant(actor.workspace).all(select, values).await?;
        let Page { items, next } = page_of(LIST, page, rows)?;
        let (Some(first), Some(last)) = (items.first(), items.last()) else { return Ok(Page { items: vec![], next }) };
        let between = args![actor.workspace.0, first.get::<Uuid>(0)?, last.get::<Uuid>(0)?];
        let select = "SELECT u.user_id, u.email, u.name, u.active, u.verified FROM identity_members m
             JOIN identity_users u ON u.workspace_id = $1 AND u.user_id = m.user_id
             WHERE m.workspace_id = $2 AND m.user_id >= $3 AND m.user_id <= $4";
        let accounts = directory::accounts(&self.inner.log, select, between).await?;
        let mut members = Vec::with_capacity(items.len());
        for row in items {
            members.push(self.member(&row, &accounts).await?);
        }
        Ok(Page { items: members, next })
    }

    async fn member(&self, row: &Row, accounts: &HashMap<Uuid, Row>) -> Result<MemberRow, IdentityError> {
        let user: Uuid = row.get(0)?;
        let (role, since) = (row.get(1)?, row.get(2)?);
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
