//! Invitations into the workspace.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Body, Budget, Caller, Direction, Field, Kind, List, Listed, Operation, Params, Part, Problem};
use kernel::{Permission, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ListParams, Seen, Shared, order, refused, time};
use identity::{
    AcceptInvitation, EmailAddress, Identity, InvitationId, InvitationRow, InviteMember, ListRequest, Password,
};

/// The order of the list is that of this field.
const EXPIRES_AT: &str = "expires_at";
const FIELDS: &[Field] = &[
    Field::new("invitation_id", Kind::Text),
    Field::new("email", Kind::Text),
    Field::new("role", Kind::Text),
    Field::new(EXPIRES_AT, Kind::Time).sorts(),
];

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::get("list_invitations", "/api/v1/invitations", Access::Needs(Permission::MembersRead))
            .about("List open invitations", "Of your workspace, those first that end soonest.")
            .query::<ListParams>()
            .lists(FIELDS)
            .answers::<List<InvitationAnswer>>(StatusCode::OK)
            .by(list_invitations, identity),
        Operation::post("invite_member", "/api/v1/invitations", Access::Needs(Permission::MembersManage))
            .about("Invite somebody", "They get a mail with a link. Nothing tells whether they have an account.")
            .budget(Budget::Heavy)
            .body::<InviteBody>()
            .answers::<Invited>(StatusCode::CREATED)
            .by(invite_member, identity),
        Operation::delete(
            "revoke_invitation",
            "/api/v1/invitations/{invitation_id}",
            Access::Needs(Permission::MembersManage),
        )
        .about("Take an invitation back", "Its link works no more.")
        .by(revoke_invitation, identity),
        Operation::post("accept_invitation", "/api/v1/invitations/accept", Access::Public)
            .about(
                "Accept an invitation",
                "By the link of the mail. Name and password are for a new account; sign in afterwards.",
            )
            .budget(Budget::SignIn)
            .body::<AcceptBody>()
            .answers::<Joined>(StatusCode::CREATED)
            .by(accept_invitation, identity),
    ]
}

/// Whom, as what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InviteBody {
    email: String,
    /// May no more than you.
    role: String,
}

/// An invitation that was made.
#[derive(Serialize, JsonSchema)]
struct Invited {
    invitation_id: InvitationId,
}

/// Who joins.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AcceptBody {
    /// What follows `#token=` in the link.
    token: String,
    name: String,
    password: String,
}

/// Who joined, and where.
#[derive(Serialize, JsonSchema)]
struct Joined {
    workspace_id: WorkspaceId,
    user_id: UserId,
}

/// One invitation.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Invitation")]
struct InvitationAnswer {
    invitation_id: InvitationId,
    /// `null` when it was erased.
    email: Option<String>,
    role: String,
    expires_at: String,
}

impl From<InvitationRow> for InvitationAnswer {
    fn from(row: InvitationRow) -> Self {
        Self { invitation_id: row.id, email: row.email, role: row.role, expires_at: time(row.expires_at) }
    }
}

async fn list_invitations(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Params(params): Params<ListParams>,
) -> Result<Listed<InvitationAnswer>, Problem> {
    let asked = params.asked(FIELDS)?;
    let (door, actor, order) = (&identity, &actor, order(&asked, EXPIRES_AT, Direction::Rising));
    let read = |page| async move { door.list_invitations(actor, &ListRequest { page, order }).await.map_err(refused) };
    asked.gather(params.page()?, read, InvitationAnswer::from).await
}

async fn invite_member(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Body(body): Body<InviteBody>,
) -> Result<(StatusCode, Json<Invited>), Problem> {
    let command = InviteMember { email: EmailAddress::parse(&body.email)?, role: body.role };
    let invitation_id = identity.seen_from(from).invite_member(&actor, command).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(Invited { invitation_id })))
}

async fn revoke_invitation(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Part(invitation): Part<InvitationId>,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).revoke_invitation(&actor, invitation).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn accept_invitation(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Body(body): Body<AcceptBody>,
) -> Result<(StatusCode, Json<Joined>), Problem> {
    let AcceptBody { token, name, password } = body;
    let command = AcceptInvitation { token: Password::new(token), name, password: Password::new(password) };
    let (workspace_id, user_id) = identity.seen_from(from).accept_invitation(command).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(Joined { workspace_id, user_id })))
}
