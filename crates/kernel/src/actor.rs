//! Who is asking, and what they may do.

use crate::{ErrorKind, Permission, ProductError, WorkspaceId, typed_id};

typed_id!(
    /// A person with an account.
    UserId
);

typed_id!(
    /// One API key.
    KeyId
);

/// What acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// A signed-in person.
    User(UserId),
    /// A program, by an API key.
    Key(KeyId),
    /// The product itself: a job, a reaction, a command line beside the database.
    System,
}

/// The caller of a use case, already authenticated. Built at an edge, passed down by reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// On whose data.
    pub workspace: WorkspaceId,
    /// Who.
    pub who: Who,
    permissions: Vec<Permission>,
}

/// The actor lacks a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("permission `{needed}` is needed")]
pub struct Forbidden {
    /// The permission that would have been enough.
    pub needed: Permission,
}

impl ProductError for Forbidden {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Forbidden
    }

    fn code(&self) -> &'static str {
        "kernel.forbidden"
    }

    fn remedy(&self) -> Option<String> {
        Some(format!("ask an owner of the workspace for a role with `{}`", self.needed))
    }
}

impl Actor {
    /// A caller with these permissions and no others.
    #[must_use]
    pub fn new(workspace: WorkspaceId, who: Who, permissions: impl Into<Vec<Permission>>) -> Self {
        Self { workspace, who, permissions: permissions.into() }
    }

    /// The product itself, which may do everything in this workspace.
    #[must_use]
    pub fn system(workspace: WorkspaceId) -> Self {
        Self::new(workspace, Who::System, Permission::ALL)
    }

    /// All that it may, in the order in which it was given.
    #[must_use]
    pub fn permissions(&self) -> &[Permission] {
        &self.permissions
    }

    /// Checks one permission.
    ///
    /// # Errors
    /// [`Forbidden`] when the actor does not hold it.
    pub fn require(&self, needed: Permission) -> Result<(), Forbidden> {
        if self.permissions.contains(&needed) { Ok(()) } else { Err(Forbidden { needed }) }
    }
}

impl std::fmt::Display for Who {
    /// As an event keeps it: `user:<id>`, `key:<id>` or `system`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Key(id) => write!(f, "key:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_may_what_it_holds_and_nothing_else() {
        let workspace = WorkspaceId::new();
        let actor = Actor::new(workspace, Who::System, [Permission::EventsRead]);
        assert_eq!(actor.require(Permission::EventsRead), Ok(()));
        assert_eq!(actor.require(Permission::JobsManage), Err(Forbidden { needed: Permission::JobsManage }));
        assert!(Permission::ALL.iter().all(|each| Actor::system(workspace).require(*each).is_ok()));
    }
}
