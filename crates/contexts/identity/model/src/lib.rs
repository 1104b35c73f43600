//! What identity is about, as facts: accounts, links to providers, keys, workspaces with their members and roles, the audit; the
//! rules that decide them, and the read models that follow from them.
//!
//! Invariants: the rules do no I/O and take time and chance as values; a read model is written in the transaction of its fact, and
//! what is personal stays sealed in it.
//!
//! Absent on purpose: secrets and how they are compared (`identity-engine`), who may ask for what (`identity`).

mod domain;
mod ids;
mod projections;

use kernel::WorkspaceId;

pub use domain::roles;
pub use domain::{
    ApiKey, ApiKeyEvent, Audit, AuditEvent, AuditId, AuditRecord, Factors, LinkedIdentity, LinkedIdentityEvent,
    LinkedIdentityId, NewInvitation, Outcome, Passkey, Refusal, Totp, User, UserEvent, Workspace, WorkspaceEvent,
};
pub use ids::{ChallengeId, InvitationId, PasskeyId, SessionId, TotpId};
pub use projections::{EMAIL_PURPOSE, LINKED_PURPOSE, linked_as, projections};

/// The workspace of what belongs to the installation as a whole. It has no members, and no token is ever bound to it.
pub const INSTALLATION: WorkspaceId = WorkspaceId(uuid::Uuid::nil());
