//! The rules, without I/O.

mod api_key;
mod audit;
mod factors;
mod linked_identity;
mod refusal;
pub mod roles;
mod user;
mod workspace;

pub use api_key::{ApiKey, ApiKeyEvent};
pub use audit::{Audit, AuditEvent, AuditId, AuditRecord, Outcome};
pub use factors::{Factors, Passkey, Totp};
pub use linked_identity::{LinkedIdentity, LinkedIdentityEvent, LinkedIdentityId};
pub use refusal::Refusal;
pub use user::{User, UserEvent};
pub use workspace::{NewInvitation, Workspace, WorkspaceEvent};
