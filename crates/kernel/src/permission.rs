//! Everything that one may be allowed to do: one list, so that each context can name its own.

use std::fmt;

/// Declares the permissions once: variant, name.
macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A permission; its name is `context:verb`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission { $($(#[$doc])* $variant,)* }

        impl Permission {
            /// All of them, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that tokens, roles and documents use.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

permissions! {
    /// See the event log.
    EventsRead = "events:read",
    /// See jobs and their progress.
    JobsRead = "jobs:read",
    /// Cancel, retry and replay jobs; pause kinds.
    JobsManage = "jobs:manage",
    /// See facts that could not be delivered.
    DeadLettersRead = "dead-letters:read",
    /// Edit, replay and discard them.
    DeadLettersManage = "dead-letters:manage",
    /// Erase everything known of a subject.
    SubjectsErase = "subjects:erase",
    /// See assets, runs, quality and lineage.
    LakehouseRead = "lakehouse:read",
    /// Start and cancel runs.
    LakehouseRun = "lakehouse:run",
    /// Ask the lakehouse in SQL.
    LakehouseQuery = "lakehouse:query",
    /// See runs of entity resolution and what they decided.
    ResolutionRead = "resolution:read",
    /// See why two records are the same thing, or are not: what they hold.
    ResolutionExplain = "resolution:explain",
    /// Resolve and evaluate.
    ResolutionRun = "resolution:run",
    /// See the members of the workspace, their roles and invitations.
    MembersRead = "members:read",
    /// Invite, change and remove members; make roles.
    MembersManage = "members:manage",
    /// See and revoke API keys of all members, and make keys.
    KeysManage = "keys:manage",
    /// Change the workspace's settings, hand it over, archive it.
    WorkspaceManage = "workspace:manage",
    /// Read who did what.
    AuditRead = "audit:read",
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_context_and_verb_and_unlike_each_other() {
        let mut names: Vec<_> = Permission::ALL.iter().map(ToString::to_string).collect();
        assert!(names.iter().all(|name| name.split(':').filter(|part| !part.is_empty()).count() == 2), "{names:?}");
        names.sort();
        names.dedup();
        assert_eq!(names.len(), Permission::ALL.len());
    }
}
