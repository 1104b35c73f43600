//! Workspaces: mine, new ones, and the name of the present one.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{
    Access, Body, Budget, Caller, Field, IfMatch, Kind, List, Listed, Operation, Params, Problem, Versioned,
};
use kernel::{Permission, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Seen, Shared, WholeParams, refused};
use identity::{Identity, Password, Proof, WorkspaceRow};

const FIELDS: &[Field] = &[
    Field::new("workspace_id", Kind::Text),
    Field::new("name", Kind::Text).sorts(),
    Field::new("role", Kind::Text).sorts(),
    Field::new("archived", Kind::Flag).sorts(),
    Field::new("requires_second_factor", Kind::Flag).sorts(),
];

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::get("list_workspaces", "/api/v1/workspaces", Access::SignedIn)
            .about("List my workspaces", "By name unless asked otherwise. A key sees its own.")
            .query::<WholeParams>()
            .lists(FIELDS)
            .answers::<List<WorkspaceAnswer>>(StatusCode::OK)
            .by(list_workspaces, identity),
        Operation::post("create_workspace", "/api/v1/workspaces", Access::SignedIn)
            .about("Make a workspace", "You are its owner. Sign in again, with its name, to work in it.")
            .body::<NameBody>()
            .answers::<NewWorkspace>(StatusCode::CREATED)
            .by(create_workspace, identity),
        Operation::patch("rename_workspace", "/api/v1/workspaces/current", Access::Needs(Permission::WorkspaceManage))
            .about("Rename the workspace", "The one that your credential is bound to.")
            .takes_version()
            .body::<NameBody>()
            .answers::<NewName>(StatusCode::OK)
            .by(rename_workspace, identity),
        Operation::post(
            "archive_workspace",
            "/api/v1/workspaces/current/archive",
            Access::Needs(Permission::WorkspaceManage),
        )
        .about("Archive the workspace", "Its members, roles and name stay as they are.")
        .by(archive_workspace, identity),
        Operation::put(
            "require_second_factor",
            "/api/v1/workspaces/current/second-factor",
            Access::Needs(Permission::WorkspaceManage),
        )
        .about("Require a second factor", "Who signs in by a password alone may nothing then but add one.")
        .takes_version()
        .body::<RequiredBody>()
        .answers::<Required>(StatusCode::OK)
        .by(require_second_factor, identity),
        Operation::post(
            "transfer_ownership",
            "/api/v1/workspaces/current/ownership",
            Access::Needs(Permission::WorkspaceManage),
        )
        .about("Hand the workspace over", "Another member becomes owner; you are an administrator from then on.")
        .budget(Budget::SignIn)
        .body::<OwnerBody>()
        .by(transfer_ownership, identity),
    ]
}

/// A name.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NameBody {
    /// Small letters, digits, `-` and `_`, 1 to 40, beginning with a letter.
    name: String,
}

/// Whether it is required.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RequiredBody {
    required: bool,
}

/// What holds now.
#[derive(Serialize, JsonSchema)]
struct Required {
    required: bool,
}

/// To whom, and who you are, once more.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OwnerBody {
    user_id: UserId,
    /// Your password; or a code.
    password: Option<String>,
    /// A code of your authenticator, or a recovery code.
    code: Option<String>,
}

/// A workspace that was made.
#[derive(Serialize, JsonSchema)]
struct NewWorkspace {
    workspace_id: WorkspaceId,
}

/// A name that was given.
#[derive(Serialize, JsonSchema)]
struct NewName {
    name: String,
}

/// One workspace.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Workspace")]
struct WorkspaceAnswer {
    workspace_id: WorkspaceId,
    name: String,
    /// What you are there; `null` for a key.
    role: Option<String>,
    archived: bool,
    /// Whether one may anything there without a second factor.
    requires_second_factor: bool,
}

impl From<WorkspaceRow> for WorkspaceAnswer {
    fn from(row: WorkspaceRow) -> Self {
        let WorkspaceRow { id, name, role, archived, requires_second_factor } = row;
        Self { workspace_id: id, name, role, archived, requires_second_factor }
    }
}

async fn list_workspaces(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Params(params): Params<WholeParams>,
) -> Result<Listed<WorkspaceAnswer>, Problem> {
    let asked = params.asked(FIELDS)?;
    let rows = identity.list_workspaces(&actor).await.map_err(refused)?;
    asked.whole(rows.into_iter().map(WorkspaceAnswer::from).collect())
}

async fn create_workspace(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Body(body): Body<NameBody>,
) -> Result<(StatusCode, Json<NewWorkspace>), Problem> {
    let workspace_id = identity.seen_from(from).create_workspace(&actor, &body.name).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(NewWorkspace { workspace_id })))
}

async fn rename_workspace(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    IfMatch(expected): IfMatch,
    Body(body): Body<NameBody>,
) -> Result<Versioned<NewName>, Problem> {
    let version = identity.seen_from(from).rename_workspace(&actor, &body.name, expected).await.map_err(refused)?;
    Ok(Versioned(version, NewName { name: body.name }))
}

async fn archive_workspace(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).archive_workspace(&actor).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn require_second_factor(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    IfMatch(expected): IfMatch,
    Body(body): Body<RequiredBody>,
) -> Result<Versioned<Required>, Problem> {
    let door = identity.seen_from(from);
    let version = door.require_second_factor(&actor, body.required, expected).await.map_err(refused)?;
    Ok(Versioned(version, Required { required: body.required }))
}

async fn transfer_ownership(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Body(body): Body<OwnerBody>,
) -> Result<StatusCode, Problem> {
    let OwnerBody { user_id, password, code } = body;
    let proof = Proof { password: password.map(Password::new), code: code.map(Password::new) };
    identity.seen_from(from).transfer_ownership(&actor, user_id, &proof).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
