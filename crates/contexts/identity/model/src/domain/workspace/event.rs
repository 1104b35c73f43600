//! What can happen to a workspace, as it is stored.
//!
//! Invariant: a text that is told to a person or stands in a rule is here as it was said; secrets are here as hashes alone.

use kernel::{Event, Personal, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::InvitationId;

/// A fact of a workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "doc comments are part of the committed schemas; names say the rest")]
pub enum WorkspaceEvent {
    WorkspaceCreated {
        workspace: WorkspaceId,
        name: String,
    },
    WorkspaceRenamed {
        name: String,
    },
    WorkspaceArchived,
    MemberAdded {
        user: UserId,
        role: String,
    },
    RoleChanged {
        user: UserId,
        role: String,
    },
    MemberRemoved {
        user: UserId,
    },
    MemberInvited {
        invitation: InvitationId,
        /// Sealed under the invitation as its subject, for there may be no account yet.
        email: Personal<String>,
        role: String,
        /// SHA-256 of the secret in the mail, in hexadecimal digits.
        hash: String,
        /// Microseconds since the epoch.
        expires_at: i64,
    },
    InvitationAccepted {
        invitation: InvitationId,
        user: UserId,
    },
    InvitationRevoked {
        invitation: InvitationId,
    },
    RoleDefined {
        role: String,
        permissions: Vec<String>,
    },
    RoleDropped {
        role: String,
    },
    /// Whether a session may anything here without a second factor.
    SecondFactorRuled {
        required: bool,
    },
}

impl Event for WorkspaceEvent {}
