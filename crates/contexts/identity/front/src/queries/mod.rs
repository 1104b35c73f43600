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
mod page;
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
pub use page::{ListRequest, Order};
pub use show_factors::{FactorsRow, PasskeyRow};
pub use show_me::Me;
pub use verify_audit::AuditReport;
