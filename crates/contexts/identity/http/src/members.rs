//! Members of the workspace.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use http_edge::{
    Access, Body, Caller, Direction, Field, IfMatch, Kind, List, Listed, Operation, Params, Part, Problem, Versioned,
};
use kernel::{Permission, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ListParams, Seen, Shared, order, refused, time};
use identity::{ChangeRole, Identity, ListRequest, MemberRow};

/// The order of the list is that of this field.
const SINCE: &str = "since";
const FIELDS: &[Field] = &[
    Field::new("user_id", Kind::Text),
    Field::new("email", Kind::Text),
    Field::new("name", Kind::Text),
    Field::new("role", Kind::Text),
    Field::new(SINCE, Kind::Time).sorts(),
    Field::new("active", Kind::Flag),
    Field::new("email_verified", Kind::Flag),
];

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::get("list_members", "/api/v1/members", Access::Needs(Permission::MembersRead))
            .about("List members", "Of your workspace, those first who have been longest.")
            .query::<ListParams>()
            .lists(FIELDS)
            .answers::<List<MemberAnswer>>(StatusCode::OK)
            .by(list_members, identity),
        Operation::patch("change_role", "/api/v1/members/{user_id}", Access::Needs(Permission::MembersManage))
            .about("Give a member another role", "Neither role may more than you; the last owner stays one.")
            .takes_version()
            .body::<RoleBody>()
            .answers::<RoleOf>(StatusCode::OK)
            .by(change_role, identity),
        Operation::delete("remove_member", "/api/v1/members/{user_id}", Access::Needs(Permission::MembersManage))
            .about("Remove a member", "Their sessions here end. The last owner stays.")
            .by(remove_member, identity),
    ]
}

/// A role.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RoleBody {
    role: String,
}

/// What a member is now.
#[derive(Serialize, JsonSchema)]
struct RoleOf {
    user_id: UserId,
    role: String,
}

/// One member.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Member")]
struct MemberAnswer {
    user_id: UserId,
    /// `null` when it was erased.
    email: Option<String>,
    /// `null` when it was erased.
    name: Option<String>,
    role: String,
    /// Since when.
    since: String,
    /// Whether the account may be used.
    active: bool,
    /// Whether the address was verified.
    email_verified: bool,
}

impl From<MemberRow> for MemberAnswer {
    fn from(row: MemberRow) -> Self {
        let MemberRow { user, email, name, role, since, active, verified } = row;
        Self { user_id: user, email, name, role, since: time(since), active, email_verified: verified }
    }
}

async fn list_members(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Params(params): Params<ListParams>,
) -> Result<Listed<MemberAnswer>, Problem> {
    let asked = params.asked(FIELDS)?;
    let (door, actor, order) = (&identity, &actor, order(&asked, SINCE, Direction::Rising));
    let read = |page| async move { door.list_members(actor, &ListRequest { page, order }).await.map_err(refused) };
    asked.gather(params.page()?, read, MemberAnswer::from).await
}

async fn change_role(
    State(identity): State<Shared>,
    (Caller(actor), Seen(from)): (Caller, Seen),
    Part(user): Part<UserId>,
    IfMatch(expected): IfMatch,
    Body(body): Body<RoleBody>,
) -> Result<Versioned<RoleOf>, Problem> {
    let command = ChangeRole { user, role: body.role.clone(), expected };
    let version = identity.seen_from(from).change_role(&actor, command).await.map_err(refused)?;
    Ok(Versioned(version, RoleOf { user_id: user, role: body.role }))
}

async fn remove_member(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Part(user): Part<UserId>,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).remove_member(&actor, user).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
