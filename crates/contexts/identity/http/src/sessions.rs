//! Sessions: signing in and out, refreshing, and where one is signed in.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Body, Budget, Caller, Direction, Field, Kind, List, Listed, Operation, Params, Part, Problem};
use kernel::{UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ListParams, Seen, Shared, order, refused, time};
use identity::{Identity, ListRequest, Password, SessionId, SessionRow, SignIn, Tokens};

/// The order of the list is that of this field.
const CREATED_AT: &str = "created_at";
const FIELDS: &[Field] = &[
    Field::new("session_id", Kind::Text),
    Field::new("workspace_id", Kind::Text),
    Field::new(CREATED_AT, Kind::Time).sorts(),
    Field::new("used_at", Kind::Time),
    Field::new("ends_at", Kind::Time),
    Field::new("agent", Kind::Text),
    Field::new("address", Kind::Text),
];

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::post("sign_in", "/api/v1/sessions", Access::Public)
            .about("Sign in", "Gives an access token, to be sent as `Authorization: Bearer …`, and a refresh token.")
            .budget(Budget::SignIn)
            .secret()
            .body::<SignInBody>()
            .answers::<TokensAnswer>(StatusCode::CREATED)
            .by(sign_in, identity),
        Operation::post("refresh_session", "/api/v1/sessions/refresh", Access::Public)
            .about(
                "Renew the tokens of a session",
                "A refresh token works once: each answer has the next. One that comes again later ends the session.",
            )
            .budget(Budget::SignIn)
            .secret()
            .body::<RefreshBody>()
            .answers::<TokensAnswer>(StatusCode::OK)
            .by(refresh_session, identity),
        Operation::get("list_sessions", "/api/v1/sessions", Access::SignedIn)
            .about("List my sessions", "Where you are signed in, in all workspaces, newest first.")
            .query::<ListParams>()
            .lists(FIELDS)
            .answers::<List<SessionAnswer>>(StatusCode::OK)
            .by(list_sessions, identity),
        Operation::delete("revoke_session", "/api/v1/sessions/{session_id}", Access::SignedIn)
            .about("End one of my sessions", "The present one too: that is signing out.")
            .by(revoke_session, identity),
        Operation::delete("revoke_sessions", "/api/v1/sessions", Access::SignedIn)
            .about("End all of my sessions", "The present one too.")
            .by(revoke_sessions, identity),
    ]
}

/// Who signs in, and where.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    /// E-mail address.
    email: String,
    /// Password.
    password: String,
    /// A code of the authenticator, or a recovery code, where the account has a further factor: without it such a sign-in is
    /// refused as `identity.second_factor`, whose `errors` name the kinds.
    code: Option<String>,
    /// Name of the workspace; the first of yours where it is left out.
    workspace: Option<String>,
}

/// A refresh token.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RefreshBody {
    /// The one of the last answer.
    refresh_token: String,
}

/// What a signed-in person carries.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tokens")]
pub(crate) struct TokensAnswer {
    /// Sent with every request.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// For how long the access token is good, in seconds.
    expires_in: u64,
    /// Gives the next of both, once.
    refresh_token: String,
    /// The session.
    session_id: SessionId,
    /// Who.
    user_id: UserId,
    /// Where.
    workspace_id: WorkspaceId,
    /// The workspace requires a second factor and you have signed in without: you may nothing in it until you have added one and
    /// signed in again.
    lacks_factor: bool,
}

impl From<Tokens> for TokensAnswer {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access.into_exposed(),
            token_type: "Bearer",
            expires_in: tokens.expires_in_s,
            refresh_token: tokens.refresh.into_exposed(),
            session_id: tokens.session,
            user_id: tokens.user,
            workspace_id: tokens.workspace,
            lacks_factor: tokens.lacks_factor,
        }
    }
}

/// One session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
struct SessionAnswer {
    session_id: SessionId,
    workspace_id: WorkspaceId,
    /// Since when.
    created_at: String,
    /// When its tokens were last renewed.
    used_at: String,
    /// When it ends, however often it is used.
    ends_at: String,
    /// The program that began it.
    agent: Option<String>,
    /// The address that it was begun from.
    address: Option<String>,
}

impl From<SessionRow> for SessionAnswer {
    fn from(row: SessionRow) -> Self {
        Self {
            session_id: row.id,
            workspace_id: row.workspace,
            created_at: time(row.created_at),
            used_at: time(row.used_at),
            ends_at: time(row.ends_at),
            agent: row.agent,
            address: row.address,
        }
    }
}

async fn sign_in(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Body(body): Body<SignInBody>,
) -> Result<(StatusCode, Json<TokensAnswer>), Problem> {
    let SignInBody { email, password, code, workspace } = body;
    let command = SignIn { email, password: Password::new(password), code: code.map(Password::new), workspace };
    let tokens = identity.seen_from(from).sign_in(command).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(tokens.into())))
}

async fn refresh_session(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Body(body): Body<RefreshBody>,
) -> Result<Json<TokensAnswer>, Problem> {
    let token = Password::new(body.refresh_token);
    Ok(Json(identity.seen_from(from).refresh_session(&token).await.map_err(refused)?.into()))
}

async fn list_sessions(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Params(params): Params<ListParams>,
) -> Result<Listed<SessionAnswer>, Problem> {
    let asked = params.asked(FIELDS)?;
    let (door, actor, order) = (&identity, &actor, order(&asked, CREATED_AT, Direction::Falling));
    let read = |page| async move { door.list_sessions(actor, &ListRequest { page, order }).await.map_err(refused) };
    asked.gather(params.page()?, read, SessionAnswer::from).await
}

async fn revoke_session(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Part(session): Part<SessionId>,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).revoke_session(&actor, session).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke_sessions(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).revoke_sessions(&actor, None).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
