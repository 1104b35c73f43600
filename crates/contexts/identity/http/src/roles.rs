//! Roles: the built-in ones and the workspace's own.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use http_edge::{
    Access, Body, Caller, Field, IfMatch, Kind, List, Listed, Operation, Params, Part, Problem, Versioned,
};
use kernel::Permission;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Seen, Shared, WholeParams, refused};
use identity::{DefineRole, Identity, RoleRow};

const FIELDS: &[Field] = &[
    Field::new("role", Kind::Text).sorts(),
    Field::new("built_in", Kind::Flag).sorts(),
    Field::new("permissions", Kind::Texts),
];

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::get("list_roles", "/api/v1/roles", Access::Needs(Permission::MembersRead))
            .about("List roles", "The built-in ones, then those of your workspace, with what each may.")
            .query::<WholeParams>()
            .lists(FIELDS)
            .gives_version()
            .answers::<List<RoleAnswer>>(StatusCode::OK)
            .by(list_roles, identity),
        Operation::put("define_role", "/api/v1/roles/{role}", Access::Needs(Permission::MembersManage))
            .about("Make or change a role", "Of your workspace's own; it may no more than you.")
            .takes_version()
            .body::<PermissionsBody>()
            .answers::<RoleDefined>(StatusCode::OK)
            .by(define_role, identity),
        Operation::delete("drop_role", "/api/v1/roles/{role}", Access::Needs(Permission::MembersManage))
            .about("Remove a role", "Of your workspace's own, which nobody has.")
            .by(drop_role, identity),
    ]
}

/// What a role may.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PermissionsBody {
    /// Names, such as `lakehouse:read`.
    #[schemars(length(max = 200))]
    permissions: Vec<String>,
}

/// What was made.
#[derive(Serialize, JsonSchema)]
struct RoleDefined {
    role: String,
    permissions: Vec<String>,
}

/// One role.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Role")]
struct RoleAnswer {
    role: String,
    /// Whether it is the same in every workspace.
    built_in: bool,
    permissions: Vec<&'static str>,
}

impl From<RoleRow> for RoleAnswer {
    fn from(row: RoleRow) -> Self {
        let permissions = row.permissions.iter().map(|each| each.name()).collect();
        Self { role: row.role, built_in: row.built_in, permissions }
    }
}

async fn list_roles(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Params(params): Params<WholeParams>,
) -> Result<Versioned<Listed<RoleAnswer>>, Problem> {
    let asked = params.asked(FIELDS)?;
    let (version, rows) = identity.list_roles(&actor).await.map_err(refused)?;
    Ok(Versioned(version, asked.whole(rows.into_iter().map(RoleAnswer::from).collect())?))
}

async fn define_role(
    State(identity): State<Shared>,
    (Caller(actor), Seen(from)): (Caller, Seen),
    Part(role): Part<String>,
    IfMatch(expected): IfMatch,
    Body(body): Body<PermissionsBody>,
) -> Result<Versioned<RoleDefined>, Problem> {
    let command = DefineRole { role: role.clone(), permissions: body.permissions.clone(), expected };
    let version = identity.seen_from(from).define_role(&actor, command).await.map_err(refused)?;
    Ok(Versioned(version, RoleDefined { role, permissions: body.permissions }))
}

async fn drop_role(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Part(role): Part<String>,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).drop_role(&actor, &role).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
