//! Names of cached answers, and of the facts that outdate them.

use std::{
    fmt::{self, Display},
    sync::Arc,
};

use kernel::WorkspaceId;

/// A name inside a workspace. Clones share one text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    workspace: WorkspaceId,
    name: Arc<str>,
}

impl Key {
    /// `name` says what the answer is and its form, such as `profiles.card.v2:0199…`: another form is another name.
    #[must_use]
    pub fn new(workspace: WorkspaceId, name: impl Into<Arc<str>>) -> Self {
        Self { workspace, name: name.into() }
    }

    /// Whose it is.
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// The name inside the workspace.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// What an answer depends on, such as `profile:0199…`. Who changes it invalidates the tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Arc<str>);

impl Tag {
    /// `kind:id`.
    #[must_use]
    pub fn new(kind: &str, id: impl Display) -> Self {
        Self(format!("{kind}:{id}").into())
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
