//! Accounts: who I am, passwords, verification, new users, set-up; and the public keys.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Body, Budget, Caller, Operation, Part, Problem};
use kernel::{Permission, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Seen, Shared, refused};
use identity::{EmailAddress, Identity, Jwks, Me, Password, ResetPassword, SetPassword, SetUp};

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    let mut all = for_myself(identity);
    all.extend(by_links(identity));
    all.extend([
        Operation::get("jwks", "/.well-known/jwks.json", Access::Public)
            .about("Public keys of access tokens", "A JSON Web Key Set (RFC 7517).")
            .answers::<Jwks>(StatusCode::OK)
            .only_rest()
            .by(jwks, identity),
        Operation::post(
            "deactivate_user",
            "/api/v1/users/{user_id}/deactivate",
            Access::Needs(Permission::MembersManage),
        )
        .about("Lock an account", "Of a member who belongs to no other workspace. All of its sessions end.")
        .by(deactivate_user, identity),
        Operation::post(
            "reactivate_user",
            "/api/v1/users/{user_id}/reactivate",
            Access::Needs(Permission::MembersManage),
        )
        .about("Unlock an account", "It may sign in again.")
        .by(reactivate_user, identity),
    ]);
    all
}

fn for_myself(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::get("show_me", "/api/v1/me", Access::SignedIn)
            .about("Who I am", "Account or key, workspace, role and permissions of the credential.")
            .answers::<MeAnswer>(StatusCode::OK)
            .by(show_me, identity),
        Operation::put("set_password", "/api/v1/me/password", Access::SignedIn)
            .about("Choose another password", "All of your sessions end.")
            .budget(Budget::SignIn)
            .body::<SetPasswordBody>()
            .by(set_password, identity),
        Operation::post("request_email_verification", "/api/v1/me/email-verification", Access::SignedIn)
            .about("Ask for a mail that verifies my address", "Nothing happens where it is verified already.")
            .budget(Budget::SignIn)
            .by(request_email_verification, identity),
    ]
}

fn by_links(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::post("request_password_reset", "/api/v1/password-resets", Access::Public)
            .about(
                "Ask for a mail that resets a password",
                "The answer is the same whether there is an account or not.",
            )
            .budget(Budget::SignIn)
            .body::<EmailBody>()
            .answers::<Nothing>(StatusCode::ACCEPTED)
            .by(request_password_reset, identity),
        Operation::post("reset_password", "/api/v1/password-resets/confirm", Access::Public)
            .about("Choose a password by the link of a mail", "The link works once; all sessions of the account end.")
            .budget(Budget::SignIn)
            .body::<ResetBody>()
            .by(reset_password, identity),
        Operation::post("verify_email", "/api/v1/email-verifications", Access::Public)
            .about("Verify an address by the link of a mail", "The link works once.")
            .budget(Budget::SignIn)
            .body::<TokenBody>()
            .by(verify_email, identity),
        Operation::post("set_up", "/api/v1/set-up", Access::Public)
            .about("Make the first owner", "By the link that the first start of the server prints. It works once.")
            .budget(Budget::SignIn)
            .body::<SetUpBody>()
            .answers::<SetUpAnswer>(StatusCode::CREATED)
            .by(set_up, identity),
    ]
}

/// Nothing to tell.
#[derive(Serialize, JsonSchema)]
struct Nothing {}

/// Who asks.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Me")]
struct MeAnswer {
    /// `user:<id>`, `key:<id>` or `system`.
    who: String,
    email: Option<String>,
    name: Option<String>,
    email_verified: bool,
    workspace_id: WorkspaceId,
    workspace: String,
    /// `null` for a key.
    role: Option<String>,
    permissions: Vec<&'static str>,
}

impl From<Me> for MeAnswer {
    fn from(me: Me) -> Self {
        Self {
            who: me.who.to_string(),
            email: me.email,
            name: me.name,
            email_verified: me.verified,
            workspace_id: me.workspace,
            workspace: me.workspace_name,
            role: me.role,
            permissions: me.permissions.iter().map(|each| each.name()).collect(),
        }
    }
}

/// A change of one's own password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetPasswordBody {
    /// The present one.
    present: String,
    /// The next one.
    next: String,
}

/// An address.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EmailBody {
    email: String,
}

/// The secret of a link.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TokenBody {
    /// What follows `#token=` in the link.
    token: String,
}

/// A password by a link.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ResetBody {
    /// What follows `#token=` in the link.
    token: String,
    password: String,
}

/// The first owner.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetUpBody {
    /// What follows `#token=` in the link.
    token: String,
    email: String,
    name: String,
    password: String,
}

/// Who was made, and where.
#[derive(Serialize, JsonSchema)]
struct SetUpAnswer {
    workspace_id: WorkspaceId,
    user_id: UserId,
}

async fn jwks(State(identity): State<Shared>) -> Result<Json<Jwks>, Problem> {
    Ok(Json(identity.jwks().await?))
}

async fn show_me(State(identity): State<Shared>, Caller(actor): Caller) -> Result<Json<MeAnswer>, Problem> {
    Ok(Json(identity.show_me(&actor).await?.into()))
}

async fn set_password(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Body(body): Body<SetPasswordBody>,
) -> Result<StatusCode, Problem> {
    let command = SetPassword { present: Password::new(body.present), next: Password::new(body.next), keep: None };
    identity.seen_from(from).set_password(&actor, command).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn request_email_verification(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).request_email_verification(&actor).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn request_password_reset(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Body(body): Body<EmailBody>,
) -> Result<(StatusCode, Json<Nothing>), Problem> {
    let email = EmailAddress::parse(&body.email)?;
    identity.seen_from(from).request_password_reset(&email).await.map_err(refused)?;
    Ok((StatusCode::ACCEPTED, Json(Nothing {})))
}

async fn reset_password(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Body(body): Body<ResetBody>,
) -> Result<StatusCode, Problem> {
    let command = ResetPassword { token: Password::new(body.token), password: Password::new(body.password) };
    identity.seen_from(from).reset_password(command).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn verify_email(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Body(body): Body<TokenBody>,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).verify_email(&Password::new(body.token)).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_up(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Body(body): Body<SetUpBody>,
) -> Result<(StatusCode, Json<SetUpAnswer>), Problem> {
    let SetUpBody { token, email, name, password } = body;
    let email = EmailAddress::parse(&email)?;
    let command = SetUp { token: Password::new(token), email, name, password: Password::new(password) };
    let (workspace_id, user_id) = identity.seen_from(from).set_up(command).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(SetUpAnswer { workspace_id, user_id })))
}

async fn deactivate_user(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Part(user): Part<UserId>,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).deactivate_user(&actor, user).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn reactivate_user(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Part(user): Part<UserId>,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).reactivate_user(&actor, user).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
