//! What one can ask identity to tell. One file per question; each list is paged and bound to one workspace or one person.

mod export_audit;
mod jwks;
mod list_audit;
mod list_invitations;
mod list_keys;
mod list_linked_identities;
mod list_members;
mod list_roles;
mod list_sessions;
mod list_workspaces;
mod show_factors;
mod show_me;
mod verify_audit;

pub use list_audit::{AuditEntry, AuditFilter};
pub use list_invitations::InvitationRow;
pub use list_keys::KeyRow;
pub use list_linked_identities::{LinkedIdentityRow, SsoProviderRow};
pub use list_members::MemberRow;
pub use list_roles::RoleRow;
pub use list_sessions::SessionRow;
pub use list_workspaces::WorkspaceRow;
pub use show_factors::{FactorsRow, PasskeyRow};
pub use show_me::Me;
pub use verify_audit::AuditReport;

use kernel::{Cursor, Page, PageRequest};
use sql::{Row, SqlError};
use uuid::Uuid;

use crate::IdentityError;

/// One row more than the page: it tells whether there is another page.
fn fetch(page: &PageRequest) -> i64 {
    i64::from(page.limit()) + 1
}

/// The id after which a page begins; the least of all for the first page.
fn after(list: &str, page: &PageRequest, first: Uuid) -> Result<Uuid, IdentityError> {
    let Some(cursor) = page.after() else { return Ok(first) };
    // A cursor of ours holds an id; one that was made up holds something else, and begins at the start.
    Ok(Uuid::from_slice(cursor.position(list)?).unwrap_or(first))
}

/// The page of these rows, whose first column is the id that they are sorted by.
fn page_of(list: &str, page: &PageRequest, mut rows: Vec<Row>) -> Result<Page<Row>, SqlError> {
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let ends_with = rows.last().filter(|_| more).map(|row| row.get::<Uuid>(0)).transpose()?;
    Ok(Page { items: rows, next: ends_with.map(|id| Cursor::new(list, id.as_bytes())) })
}
