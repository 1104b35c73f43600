//! API keys of the workspace.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Body, Caller, Direction, Field, Kind, List, Listed, Operation, Params, Part, Problem};
use kernel::{KeyId, Permission, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ListParams, Seen, Shared, order, refused, time};
use identity::{Identity, IssueKey, KeyRow, ListRequest};

const SECONDS_PER_DAY: u64 = 86_400;

/// The order of the list is that of this field.
const ISSUED_AT: &str = "issued_at";
const FIELDS: &[Field] = &[
    Field::new("key_id", Kind::Text),
    Field::new("name", Kind::Text),
    Field::new("role", Kind::Text),
    Field::new(ISSUED_AT, Kind::Time).sorts(),
    Field::new("expires_at", Kind::Time),
    Field::new("issued_by", Kind::Text),
    Field::new("revoked_at", Kind::Time),
    Field::new("last_used_at", Kind::Time),
];

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::get("list_keys", "/api/v1/api-keys", Access::Needs(Permission::KeysManage))
            .about("List API keys", "Of your workspace, revoked ones included, oldest first. No secret is shown.")
            .query::<ListParams>()
            .lists(FIELDS)
            .answers::<List<KeyAnswer>>(StatusCode::OK)
            .by(list_keys, identity),
        Operation::post("issue_key", "/api/v1/api-keys", Access::Needs(Permission::KeysManage))
            .about("Make an API key", "Its secret is shown in this answer and never again.")
            .secret()
            .body::<IssueBody>()
            .answers::<Issued>(StatusCode::CREATED)
            .by(issue_key, identity),
        Operation::delete("revoke_key", "/api/v1/api-keys/{key_id}", Access::Needs(Permission::KeysManage))
            .about("Revoke an API key", "It opens nothing any more.")
            .by(revoke_key, identity),
    ]
}

/// A key to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct IssueBody {
    /// What it is for, in words.
    name: String,
    /// What it may; no more than you.
    role: String,
    /// After so many days it ends; never where it is left out.
    #[schemars(range(min = 1, max = 3650))]
    expires_in_days: Option<u16>,
}

/// A key, shown once.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "IssuedKey")]
struct Issued {
    key_id: KeyId,
    /// `gg_…`, to be sent as `Authorization: Bearer gg_…`.
    key: String,
    /// `null` for one that does not end.
    expires_at: Option<String>,
}

/// One key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
struct KeyAnswer {
    key_id: KeyId,
    name: String,
    role: String,
    issued_at: String,
    expires_at: Option<String>,
    /// `null` for one that the system or another key made.
    issued_by: Option<UserId>,
    revoked_at: Option<String>,
    /// To the minute.
    last_used_at: Option<String>,
}

impl From<KeyRow> for KeyAnswer {
    fn from(row: KeyRow) -> Self {
        Self {
            key_id: row.id,
            name: row.name,
            role: row.role,
            issued_at: time(row.issued_at),
            expires_at: row.expires_at.map(time),
            issued_by: row.issued_by,
            revoked_at: row.revoked_at.map(time),
            last_used_at: row.last_used_at.map(time),
        }
    }
}

async fn list_keys(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Params(params): Params<ListParams>,
) -> Result<Listed<KeyAnswer>, Problem> {
    let asked = params.asked(FIELDS)?;
    let (door, actor, order) = (&identity, &actor, order(&asked, ISSUED_AT, Direction::Rising));
    let read = |page| async move { door.list_keys(actor, &ListRequest { page, order }).await.map_err(refused) };
    asked.gather(params.page()?, read, KeyAnswer::from).await
}

async fn issue_key(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Body(body): Body<IssueBody>,
) -> Result<(StatusCode, Json<Issued>), Problem> {
    let IssueBody { name, role, expires_in_days } = body;
    let expires_in = expires_in_days.map(|days| Duration::from_secs(u64::from(days) * SECONDS_PER_DAY));
    let command = IssueKey { name, role, expires_in };
    let issued = identity.seen_from(from).issue_key(&actor, command).await.map_err(refused)?;
    let (key, expires_at) = (issued.secret.into_exposed(), issued.expires_at.map(time));
    Ok((StatusCode::CREATED, Json(Issued { key_id: issued.id, key, expires_at })))
}

async fn revoke_key(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Part(key): Part<KeyId>,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).revoke_key(&actor, key).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
