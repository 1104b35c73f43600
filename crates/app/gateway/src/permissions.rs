//! Who may do what, as a table: role × operation.

use std::fmt::Write as _;

use http_edge::{Access, Operation};
use kernel::Permission;
use serde::Serialize;

/// A role by name, and what it holds.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// What it may.
    pub permissions: Vec<Permission>,
}

/// The table. It serialises to JSON and prints as Markdown; the same operations and roles give the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Names of the roles: the columns.
    pub roles: Vec<String>,
    /// One for each operation, by path and method.
    pub operations: Vec<Row>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Name of the use case.
    pub operation: &'static str,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: &'static str,
    /// Its field in GraphQL, such as `Query.jobs`; `None` where it is not served there.
    pub field: Option<String>,
    /// `public`, `signed in`, or the permission that is needed.
    pub needs: &'static str,
    /// Whether somebody without a credential may.
    pub stranger: bool,
    /// Whether each role may, in the order of the columns.
    pub roles: Vec<bool>,
}

/// Whether a caller with these permissions may; `None` is nobody known.
#[must_use]
pub fn may(access: Access, permissions: Option<&[Permission]>) -> bool {
    match (access, permissions) {
        (Access::Public, _) | (Access::SignedIn, Some(_)) => true,
        (Access::SignedIn | Access::Needs(_), None) => false,
        (Access::Needs(needed), Some(held)) => held.contains(&needed),
    }
}

/// The table of these operations and roles.
#[must_use]
pub fn permissions_matrix(operations: &[Operation], roles: &[Role]) -> Matrix {
    let row = |operation: &Operation| Row {
        operation: operation.id(),
        method: operation.method().to_string(),
        path: operation.path(),
        field: operation.field().map(|(root, name)| format!("{}.{name}", root.name())),
        needs: match operation.access() {
            Access::Public => "public",
            Access::SignedIn => "signed in",
            Access::Needs(permission) => permission.name(),
        },
        stranger: may(operation.access(), None),
        roles: roles.iter().map(|role| may(operation.access(), Some(&role.permissions))).collect(),
    };
    let mut rows: Vec<Row> = operations.iter().map(row).collect();
    rows.sort_by(|a, b| (a.path, &a.method).cmp(&(b.path, &b.method)));
    Matrix { roles: roles.iter().map(|role| role.name.clone()).collect(), operations: rows }
}

impl Matrix {
    /// As a table of Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("| operation | | GraphQL | needs | stranger | {} |\n", self.roles.join(" | "));
        // Writing to a text does not fail.
        let _ = writeln!(text, "|---|---|---|---|---|{}", "---|".repeat(self.roles.len()));
        let mark = |may: bool| if may { "yes" } else { "–" };
        for row in &self.operations {
            let _ = write!(
                text,
                "| `{}` | `{} {}` | {} | {} | {} |",
                row.operation,
                row.method,
                row.path,
                row.field.as_ref().map_or_else(|| "–".to_owned(), |field| format!("`{field}`")),
                row.needs,
                mark(row.stranger)
            );
            for may in &row.roles {
                let _ = write!(text, " {} |", mark(*may));
            }
            text.push('\n');
        }
        text
    }
}
