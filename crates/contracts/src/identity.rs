//! Identity, as the rest of the product hears of it. No fact holds a name, an address or a secret.

use kernel::{KeyId, UserId, WorkspaceId};

/// Facts of workspaces, members and keys.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum IdentityFact {
    /// A workspace exists.
    WorkspaceCreated {
        /// Which.
        workspace: WorkspaceId,
        /// Its name.
        name: String,
    },
    /// It has another name.
    WorkspaceRenamed {
        /// The new one.
        name: String,
    },
    /// Nothing may be changed in it any more.
    WorkspaceArchived,
    /// A user belongs to the workspace of this fact.
    MemberAdded {
        /// Who.
        user: UserId,
        /// As what.
        role: String,
    },
    /// A member has another role.
    RoleChanged {
        /// Who.
        user: UserId,
        /// The new one.
        role: String,
    },
    /// A user belongs to it no more.
    MemberRemoved {
        /// Who.
        user: UserId,
    },
    /// An account may not be used any more.
    UserDeactivated {
        /// Whose.
        user: UserId,
    },
    /// A key may not be used any more.
    KeyRevoked {
        /// Which.
        key: KeyId,
    },
}
