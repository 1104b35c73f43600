//! The rules, without I/O.

mod api_key;
mod audit;
mod factors;
mod linked_identity;
pub(crate) mod roles;
mod user;
mod workspace;

pub(crate) use api_key::{ApiKey, ApiKeyEvent};
pub(crate) use audit::{Audit, AuditEvent, AuditRecord};
pub(crate) use factors::{Factors, Passkey};
pub(crate) use linked_identity::{LinkedIdentity, LinkedIdentityEvent};
pub(crate) use user::{User, UserEvent};
pub(crate) use workspace::{NewInvitation, Workspace, WorkspaceEvent};

pub use audit::{AuditId, Outcome};
pub use linked_identity::LinkedIdentityId;
pub use roles::built_in_roles;
pub use workspace::Refusal;
