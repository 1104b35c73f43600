//! My passkeys, and signing in with one.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Body, Budget, Caller, Field, Kind, List, Listed, Operation, Params, Part, Problem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Seen, Shared, WholeParams,
    factors::{ProofBody, shown},
    refused,
    sessions::TokensAnswer,
    time,
};
use identity::{AddPasskey, ChallengeId, Identity, PasskeyId, PasskeyOptions, PasskeyRow, SignInWithPasskey};

const FIELDS: &[Field] = &[
    Field::new("passkey_id", Kind::Text),
    Field::new("name", Kind::Text).sorts(),
    Field::new("last_used_at", Kind::Time).sorts(),
];

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    let mut all = for_myself(identity);
    all.extend([
        Operation::post("start_passkey_sign_in", "/api/v1/sessions/passkey/options", Access::Public)
            .about(
                "Begin to sign in with a passkey",
                "Gives what `navigator.credentials.get` takes. It is answered once, within five minutes.",
            )
            .budget(Budget::SignIn)
            .secret()
            .answers::<OptionsAnswer>(StatusCode::CREATED)
            .by(start_passkey_sign_in, identity),
        Operation::post("sign_in_with_passkey", "/api/v1/sessions/passkey", Access::Public)
            .about("Sign in with a passkey", "It stands for password and second factor.")
            .budget(Budget::SignIn)
            .secret()
            .body::<SignInBody>()
            .answers::<TokensAnswer>(StatusCode::CREATED)
            .by(sign_in_with_passkey, identity),
    ]);
    all
}

fn for_myself(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::get("list_passkeys", "/api/v1/me/passkeys", Access::SignedIn)
            .about("List my passkeys", "The oldest first unless asked otherwise; there are at most 20.")
            .query::<WholeParams>()
            .lists(FIELDS)
            .answers::<List<PasskeyAnswer>>(StatusCode::OK)
            .by(list_passkeys, identity),
        Operation::post("start_passkey", "/api/v1/me/passkeys/options", Access::SignedIn)
            .about(
                "Begin to add a passkey",
                "Gives what `navigator.credentials.create` takes. It is answered once, within five minutes.",
            )
            .budget(Budget::SignIn)
            .secret()
            .body::<ProofBody>()
            .answers::<OptionsAnswer>(StatusCode::CREATED)
            .by(start_passkey, identity),
        Operation::post("add_passkey", "/api/v1/me/passkeys", Access::SignedIn)
            .about("Add a passkey", "With your first further factor come recovery codes, shown once.")
            .budget(Budget::SignIn)
            .secret()
            .body::<AddBody>()
            .answers::<Added>(StatusCode::CREATED)
            .by(add_passkey, identity),
        Operation::patch("rename_passkey", "/api/v1/me/passkeys/{passkey_id}", Access::SignedIn)
            .about("Rename a passkey", "What you call it.")
            .body::<NameBody>()
            .by(rename_passkey, identity),
        Operation::post("remove_passkey", "/api/v1/me/passkeys/{passkey_id}/remove", Access::SignedIn)
            .about("Remove a passkey", "With your last further factor the recovery codes end too.")
            .budget(Budget::SignIn)
            .body::<ProofBody>()
            .by(remove_passkey, identity),
    ]
}

/// What a browser passes on to an authenticator.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PasskeyOptions")]
struct OptionsAnswer {
    /// To be sent with the answer.
    challenge_id: ChallengeId,
    /// In the JSON of `WebAuthn`, with its member `publicKey`.
    options: Value,
    /// Until when it can be answered.
    expires_at: String,
}

impl From<PasskeyOptions> for OptionsAnswer {
    fn from(asked: PasskeyOptions) -> Self {
        let PasskeyOptions { challenge, options, expires_at } = asked;
        Self { challenge_id: challenge, options, expires_at: time(expires_at) }
    }
}

/// What an authenticator has made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AddBody {
    /// Of the options.
    challenge_id: ChallengeId,
    /// What you call it.
    name: String,
    /// What `navigator.credentials.create` gave, by its `toJSON()`.
    credential: Value,
}

/// A passkey that was added.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AddedPasskey")]
struct Added {
    passkey_id: PasskeyId,
    /// Shown once; empty where you had a further factor already.
    recovery_codes: Vec<String>,
}

/// A name.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NameBody {
    /// 1 to 100 characters of one line.
    name: String,
}

/// What an authenticator has signed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    /// Of the options.
    challenge_id: ChallengeId,
    /// What `navigator.credentials.get` gave, by its `toJSON()`.
    credential: Value,
    /// Name of the workspace; the first of yours where it is left out.
    workspace: Option<String>,
}

/// One passkey.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Passkey")]
struct PasskeyAnswer {
    passkey_id: PasskeyId,
    /// `null` when it was erased.
    name: Option<String>,
    /// `null` for one that never signed in.
    last_used_at: Option<String>,
}

impl From<PasskeyRow> for PasskeyAnswer {
    fn from(row: PasskeyRow) -> Self {
        Self { passkey_id: row.id, name: row.name, last_used_at: row.last_used_at.map(time) }
    }
}

async fn list_passkeys(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Params(params): Params<WholeParams>,
) -> Result<Listed<PasskeyAnswer>, Problem> {
    let asked = params.asked(FIELDS)?;
    let rows = identity.list_passkeys(&actor).await.map_err(refused)?;
    asked.whole(rows.into_iter().map(PasskeyAnswer::from).collect())
}

async fn start_passkey(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Body(body): Body<ProofBody>,
) -> Result<(StatusCode, Json<OptionsAnswer>), Problem> {
    let asked = identity.seen_from(from).start_passkey(&actor, &body.into()).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(asked.into())))
}

async fn add_passkey(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Body(body): Body<AddBody>,
) -> Result<(StatusCode, Json<Added>), Problem> {
    let AddBody { challenge_id, name, credential } = body;
    let command = AddPasskey { challenge: challenge_id, name, credential };
    let added = identity.seen_from(from).add_passkey(&actor, command).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(Added { passkey_id: added.id, recovery_codes: shown(added.recovery_codes) })))
}

async fn rename_passkey(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Part(passkey): Part<PasskeyId>,
    Body(body): Body<NameBody>,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).rename_passkey(&actor, passkey, &body.name).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_passkey(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Part(passkey): Part<PasskeyId>,
    Body(body): Body<ProofBody>,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).remove_passkey(&actor, passkey, &body.into()).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn start_passkey_sign_in(
    State(identity): State<Shared>,
    Seen(from): Seen,
) -> Result<(StatusCode, Json<OptionsAnswer>), Problem> {
    let asked = identity.seen_from(from).start_passkey_sign_in().await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(asked.into())))
}

async fn sign_in_with_passkey(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Body(body): Body<SignInBody>,
) -> Result<(StatusCode, Json<TokensAnswer>), Problem> {
    let SignInBody { challenge_id, credential, workspace } = body;
    let command = SignInWithPasskey { challenge: challenge_id, credential, workspace };
    let tokens = identity.seen_from(from).sign_in_with_passkey(command).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(tokens.into())))
}
