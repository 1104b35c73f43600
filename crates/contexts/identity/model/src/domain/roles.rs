//! The built-in roles: sets of permissions, in one table. Custom roles are facts of their workspace.

use kernel::Permission;

/// Who may do everything, and of whom there is always one.
pub const OWNER: &str = "owner";

/// Who may almost everything; what an owner is after handing the workspace over.
pub const ADMIN: &str = "admin";

/// The built-in roles, the mightiest first.
pub const BUILT_IN: [&str; 5] = [OWNER, ADMIN, "analyst", "viewer", "api_user"];

/// What a built-in role may; `None` for a name that is none.
pub fn built_in(role: &str) -> Option<Vec<Permission>> {
    use Permission as P;
    let all = || P::ALL.iter().copied();
    Some(match role {
        OWNER => all().collect(),
        // All but handing the workspace over and forgetting people for ever.
        ADMIN => all().filter(|each| !matches!(each, P::WorkspaceManage | P::SubjectsErase)).collect(),
        "analyst" => vec![
            P::EventsRead,
            P::JobsRead,
            P::LakehouseRead,
            P::LakehouseRun,
            P::LakehouseQuery,
            P::ResolutionRead,
            P::ResolutionExplain,
            P::ResolutionRun,
            P::MembersRead,
        ],
        "viewer" => vec![P::JobsRead, P::LakehouseRead, P::ResolutionRead, P::MembersRead],
        "api_user" => vec![
            P::JobsRead,
            P::LakehouseRead,
            P::LakehouseRun,
            P::LakehouseQuery,
            P::ResolutionRead,
            P::ResolutionExplain,
            P::ResolutionRun,
        ],
        _ => return None,
    })
}

/// The built-in roles and what each may, the mightiest first.
pub fn built_in_roles() -> impl Iterator<Item = (&'static str, Vec<Permission>)> {
    BUILT_IN.into_iter().filter_map(|role| Some((role, built_in(role)?)))
}

/// The permission of this name.
pub fn permission(name: &str) -> Option<Permission> {
    Permission::ALL.iter().copied().find(|each| each.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `o a n v u`: owner, admin, analyst, viewer, `api_user`. A new permission fails here until somebody has decided.
    const TABLE: &str = "\
events:read          o a n . .
jobs:read            o a n v u
jobs:manage          o a . . .
dead-letters:read    o a . . .
dead-letters:manage  o a . . .
subjects:erase       o . . . .
lakehouse:read       o a n v u
lakehouse:run        o a n . u
lakehouse:query      o a n . u
resolution:read      o a n v u
resolution:explain   o a n . u
resolution:run       o a n . u
members:read         o a n v .
members:manage       o a . . .
keys:manage          o a . . .
workspace:manage     o . . . .
audit:read           o a . . .
";

    #[test]
    fn built_in_roles_may_what_the_table_says() {
        let marks = ["o", "a", "n", "v", "u"];
        let cell = |permission: Permission, at: usize| {
            let may = built_in(BUILT_IN[at]).unwrap();
            if may.contains(&permission) { marks[at] } else { "." }
        };
        let line = |permission: &Permission| {
            let cells: Vec<_> = (0..5).map(|at| cell(*permission, at)).collect();
            format!("{:<20} {}\n", permission.name(), cells.join(" "))
        };
        assert_eq!(Permission::ALL.iter().map(line).collect::<String>(), TABLE);
    }

    #[test]
    fn names_are_found_and_others_are_not() {
        assert!(built_in("root").is_none() && permission("members:everything").is_none());
        assert!(Permission::ALL.iter().all(|each| permission(each.name()) == Some(*each)));
    }
}
