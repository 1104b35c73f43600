//! Signing up: strangers make accounts of their own, where the operator has opened it.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Body, Budget, Operation, Problem};
use kernel::{UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Seen, Shared, refused};
use identity::{EmailAddress, Identity, Password, SignUp};

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::post("request_sign_up", "/api/v1/users/sign-up", Access::Public)
            .about(
                "Ask for a mail to sign up with",
                "The answer is the same whether the address has an account or not. Refused where accounts are made by invitation.",
            )
            .budget(Budget::SignIn)
            .body::<RequestBody>()
            .answers::<Nothing>(StatusCode::ACCEPTED)
            .by(request_sign_up, identity),
        Operation::post("sign_up", "/api/v1/users/sign-up/confirm", Access::Public)
            .about("Sign up by the link of a mail", "Makes your account and a workspace of your own; sign in afterwards.")
            .budget(Budget::SignIn)
            .body::<SignUpBody>()
            .answers::<SignedUp>(StatusCode::CREATED)
            .by(sign_up, identity),
    ]
}

/// An address.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RequestBody {
    email: String,
}

/// Nothing to tell.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignUpRequested")]
struct Nothing {}

/// Who signs up.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignUpBody {
    /// What follows `#token=` in the link.
    token: String,
    name: String,
    password: String,
    /// Name of your workspace: small letters, digits, `-` and `_`, 1 to 40, beginning with a letter.
    workspace: String,
}

/// Who was made, and where.
#[derive(Serialize, JsonSchema)]
struct SignedUp {
    workspace_id: WorkspaceId,
    user_id: UserId,
}

async fn request_sign_up(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Body(body): Body<RequestBody>,
) -> Result<(StatusCode, Json<Nothing>), Problem> {
    let email = EmailAddress::parse(&body.email)?;
    identity.seen_from(from).request_sign_up(&email).await.map_err(refused)?;
    Ok((StatusCode::ACCEPTED, Json(Nothing {})))
}

async fn sign_up(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Body(body): Body<SignUpBody>,
) -> Result<(StatusCode, Json<SignedUp>), Problem> {
    let SignUpBody { token, name, password, workspace } = body;
    let command = SignUp { token: Password::new(token), name, password: Password::new(password), workspace };
    let (workspace_id, user_id) = identity.seen_from(from).sign_up(command).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(SignedUp { workspace_id, user_id })))
}
