//! Who is who: what has to be known before a workspace is. Accounts, sessions and links live in [`INSTALLATION`]; the few
//! statements that read over all workspaces stand here, and each asks for one user or one name.

use std::collections::HashMap;

use eventlog::EventLog;
use futures::FutureExt;
use identity_model::{EMAIL_PURPOSE, roles};
use kernel::{Permission, Personal, Timestamp, UserId, WorkspaceId};
use sql::{Row, Scope, SqlError, Value, args};
use uuid::Uuid;

use crate::{INSTALLATION, IdentityError, SessionId, words::EmailAddress};

/// An account, found by its address.
pub(crate) struct Found {
    pub(crate) user: UserId,
    pub(crate) active: bool,
    /// In PHC form; `None` where none was set.
    pub(crate) hash: Option<String>,
}

/// A workspace that a user belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) workspace: WorkspaceId,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) archived: bool,
    pub(crate) requires_factor: bool,
}

/// Workspaces of one user at most.
const MOST_MEMBERSHIPS: i64 = 500;

/// The account of an address: one statement, whether there is one or not.
pub(crate) async fn by_email(log: &EventLog, email: &EmailAddress) -> Result<Option<Found>, IdentityError> {
    let tag = log.keys().hmac(INSTALLATION, EMAIL_PURPOSE, email.as_str().as_bytes()).await?;
    let select = "SELECT user_id, active, password FROM identity_users WHERE workspace_id = $1 AND email_tag = $2";
    let rows = log.database().tenant(INSTALLATION).all(select, args![tag]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let hash = match row.get::<Option<String>>(2)? {
        Some(sealed) => opened(log, INSTALLATION, &sealed).await?,
        None => None,
    };
    Ok(Some(Found { user: row.id(0)?, active: row.get(1)?, hash }))
}

/// A sealed text of a read model; `None` when its subject was erased.
pub(crate) async fn opened(
    log: &EventLog,
    workspace: WorkspaceId,
    sealed: &str,
) -> Result<Option<String>, IdentityError> {
    let text: Personal<String> = log.open_json(workspace, sealed.as_bytes()).await?;
    Ok(text.open().cloned())
}

async fn everywhere(log: &EventLog, select: &'static str, values: Vec<Value>) -> Result<Vec<Row>, SqlError> {
    log.database().read(Scope::System, move |tx| tx.all(select, values).boxed()).await
}

/// The workspaces of a user, by name.
pub(crate) async fn memberships(log: &EventLog, user: UserId) -> Result<Vec<Membership>, IdentityError> {
    let select = "SELECT w.workspace_id, w.name, m.role, w.archived, w.requires_factor FROM identity_members m
         JOIN identity_workspaces w ON w.workspace_id = m.workspace_id WHERE m.user_id = $1 ORDER BY w.name LIMIT $2";
    let rows = everywhere(log, select, args![user.0, MOST_MEMBERSHIPS]).await?;
    let read = |row: &Row| {
        Ok::<_, SqlError>(Membership {
            workspace: row.id(0)?,
            name: row.get(1)?,
            role: row.get(2)?,
            archived: row.get(3)?,
            requires_factor: row.get(4)?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The workspace of a name.
pub(crate) async fn workspace_named(log: &EventLog, name: &str) -> Result<Option<WorkspaceId>, IdentityError> {
    let rows = everywhere(log, "SELECT workspace_id FROM identity_workspaces WHERE name = $1", args![name]).await?;
    Ok(rows.first().map(|row| row.id(0)).transpose()?)
}

/// What a live session may.
pub(crate) struct Live {
    /// None of them where the workspace requires a second factor and the session was begun without.
    pub(crate) permissions: Vec<Permission>,
    /// Whether that is so.
    pub(crate) lacks_factor: bool,
}

/// What the user of a live session may in its workspace; `None` when the session, the membership or the account is over.
pub(crate) async fn live_session(
    log: &EventLog,
    (session, user, workspace): (SessionId, UserId, WorkspaceId),
    now: Timestamp,
) -> Result<Option<Live>, IdentityError> {
    let select = "SELECT m.role, r.permissions, s.strong, w.requires_factor FROM identity_sessions s
         JOIN identity_users u ON u.workspace_id = s.workspace_id AND u.user_id = s.user_id AND u.active = TRUE
         JOIN identity_members m ON m.workspace_id = s.workspace AND m.user_id = s.user_id
         JOIN identity_workspaces w ON w.workspace_id = m.workspace_id
         LEFT JOIN identity_roles r ON r.workspace_id = m.workspace_id AND r.role = m.role
         WHERE s.workspace_id = $1 AND s.session_id = $2 AND s.user_id = $3 AND s.workspace = $4
         AND s.revoked_at IS NULL AND s.ends_at > $5";
    let values = args![INSTALLATION.0, session.0, user.0, workspace.0, now];
    let rows = everywhere(log, select, values).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let lacks_factor = row.get::<bool>(3)? && !row.get::<bool>(2)?;
    let held = permissions(&row.get::<String>(0)?, row.get::<Option<String>>(1)?);
    Ok(Some(Live { permissions: if lacks_factor { vec![] } else { held }, lacks_factor }))
}

/// What a role may, given the names that a role of the workspace's own has.
pub(crate) fn permissions(role: &str, own: Option<String>) -> Vec<Permission> {
    roles::built_in(role).unwrap_or_else(|| own.unwrap_or_default().split(' ').filter_map(roles::permission).collect())
}

/// Accounts of the members of one workspace, by their ids. The statement names the workspace itself, for it joins members
/// with accounts, which live in another.
pub(crate) async fn accounts(
    log: &EventLog,
    select: &'static str,
    mut values: Vec<Value>,
) -> Result<HashMap<Uuid, Row>, IdentityError> {
    values.insert(0, Value::from(INSTALLATION.0));
    let rows = everywhere(log, select, values).await?;
    rows.into_iter().map(|row| Ok((row.get(0)?, row))).collect()
}
