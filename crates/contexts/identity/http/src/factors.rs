//! My further factors: an authenticator's codes and recovery codes.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Body, Budget, Caller, Operation, Problem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Seen, Shared, refused, time};
use identity::{FactorsRow, Identity, Password, Proof};

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::get("show_factors", "/api/v1/me/factors", Access::SignedIn)
            .about("My further factors", "What signing in can take beside your password.")
            .answers::<FactorsAnswer>(StatusCode::OK)
            .by(show_factors, identity),
        Operation::post("start_totp", "/api/v1/me/totp", Access::SignedIn)
            .about(
                "Begin with an authenticator",
                "Shows a secret once. It is good when `POST /api/v1/me/totp/confirm` has confirmed it by a code.",
            )
            .budget(Budget::SignIn)
            .secret()
            .body::<ProofBody>()
            .answers::<TotpAnswer>(StatusCode::CREATED)
            .by(start_totp, identity),
        Operation::post("add_totp", "/api/v1/me/totp/confirm", Access::SignedIn)
            .about(
                "Confirm an authenticator",
                "By a code of it. With your first further factor come recovery codes, shown once. Sign in again to use it.",
            )
            .budget(Budget::SignIn)
            .secret()
            .body::<CodeBody>()
            .answers::<CodesAnswer>(StatusCode::OK)
            .by(add_totp, identity),
        Operation::post("remove_totp", "/api/v1/me/totp/remove", Access::SignedIn)
            .about("Remove my authenticator", "With your last further factor the recovery codes end too.")
            .budget(Budget::SignIn)
            .body::<ProofBody>()
            .by(remove_totp, identity),
        Operation::post("make_recovery_codes", "/api/v1/me/recovery-codes", Access::SignedIn)
            .about("Make new recovery codes", "Ten, shown once; each works once. Earlier ones are good no more.")
            .budget(Budget::SignIn)
            .secret()
            .body::<ProofBody>()
            .answers::<CodesAnswer>(StatusCode::CREATED)
            .by(make_recovery_codes, identity),
    ]
}

/// Who you are, once more: one of both, for a token alone may have been stolen.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProofBody {
    /// Your password.
    password: Option<String>,
    /// A code of your authenticator, or a recovery code.
    code: Option<String>,
}

impl From<ProofBody> for Proof {
    fn from(body: ProofBody) -> Self {
        Self { password: body.password.map(Password::new), code: body.code.map(Password::new) }
    }
}

/// A code.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CodeBody {
    /// Six digits.
    code: String,
}

/// What you have.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Factors")]
struct FactorsAnswer {
    /// Whether an authenticator gives codes.
    totp: bool,
    /// How many passkeys you have.
    passkeys: usize,
    /// Recovery codes that were not used.
    recovery_codes: usize,
    /// Whether a workspace of yours requires a second factor.
    required: bool,
}

impl From<FactorsRow> for FactorsAnswer {
    fn from(row: FactorsRow) -> Self {
        let FactorsRow { totp, passkeys, recovery_codes, required } = row;
        Self { totp, passkeys, recovery_codes, required }
    }
}

/// A secret for an authenticator, shown once.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewTotp")]
struct TotpAnswer {
    /// As people type it: base32.
    secret: String,
    /// As a camera reads it: `otpauth://totp/…`.
    uri: String,
    /// Until when it can be confirmed.
    expires_at: String,
}

/// Recovery codes, shown once.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RecoveryCodes")]
struct CodesAnswer {
    /// Empty where you had a further factor already: the codes that you were shown stay good.
    recovery_codes: Vec<String>,
}

pub(crate) fn shown(codes: Vec<Password>) -> Vec<String> {
    codes.into_iter().map(Password::into_exposed).collect()
}

async fn show_factors(State(identity): State<Shared>, Caller(actor): Caller) -> Result<Json<FactorsAnswer>, Problem> {
    Ok(Json(identity.show_factors(&actor).await.map_err(refused)?.into()))
}

async fn start_totp(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Body(body): Body<ProofBody>,
) -> Result<(StatusCode, Json<TotpAnswer>), Problem> {
    let new = identity.seen_from(from).start_totp(&actor, &body.into()).await.map_err(refused)?;
    let (secret, uri) = (new.secret.into_exposed(), new.uri.into_exposed());
    Ok((StatusCode::CREATED, Json(TotpAnswer { secret, uri, expires_at: time(new.expires_at) })))
}

async fn add_totp(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Body(body): Body<CodeBody>,
) -> Result<Json<CodesAnswer>, Problem> {
    let code = Password::new(body.code);
    let codes = identity.seen_from(from).add_totp(&actor, &code).await.map_err(refused)?;
    Ok(Json(CodesAnswer { recovery_codes: shown(codes) }))
}

async fn remove_totp(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Body(body): Body<ProofBody>,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).remove_totp(&actor, &body.into()).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn make_recovery_codes(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Body(body): Body<ProofBody>,
) -> Result<(StatusCode, Json<CodesAnswer>), Problem> {
    let codes = identity.seen_from(from).make_recovery_codes(&actor, &body.into()).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(CodesAnswer { recovery_codes: shown(codes) })))
}
