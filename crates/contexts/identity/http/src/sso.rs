//! Single sign-on: providers, signing in by one, and the people at providers who are linked to one's account.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Body, Budget, Caller, Direction, Field, Kind, List, Listed, Operation, Params, Part, Problem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ListParams, Seen, Shared, order, refused, sessions::TokensAnswer, time};
use identity::{FinishSso, Identity, LinkedIdentityId, LinkedIdentityRow, ListRequest, SsoProviderRow, StartedSso};

/// The order of the list of links is that of this field.
const LINKED_AT: &str = "linked_at";
const FIELDS: &[Field] = &[
    Field::new("identity_id", Kind::Text),
    Field::new("provider", Kind::Text),
    Field::new("issuer", Kind::Text),
    Field::new(LINKED_AT, Kind::Time).sorts(),
];

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::get("list_sso_providers", "/api/v1/sso", Access::Public)
            .about("List providers", "Those that people may sign in by.")
            .answers::<List<ProviderAnswer>>(StatusCode::OK)
            .by(list_sso_providers, identity),
        Operation::post("start_sso", "/api/v1/sso/{provider}/start", Access::Public)
            .about(
                "Begin to sign in by a provider",
                "Open `authorization_url` in a browser and keep `verifier`. The provider sends the browser to \
                 `/sso/{provider}?state=…&code=…`. Ten minutes are left for it.",
            )
            .budget(Budget::SignIn)
            .secret()
            .body::<StartBody>()
            .answers::<StartedAnswer>(StatusCode::CREATED)
            .by(start_sso, identity),
        Operation::post("finish_sso", "/api/v1/sso/{provider}/finish", Access::Public)
            .about(
                "Sign in by what a provider has sent back",
                "Takes `state` and `code` as they came, and the `verifier` of the beginning. It works once.",
            )
            .budget(Budget::SignIn)
            .secret()
            .body::<FinishBody>()
            .answers::<TokensAnswer>(StatusCode::CREATED)
            .by(finish_sso, identity),
        Operation::get("list_linked_identities", "/api/v1/me/identities", Access::SignedIn)
            .about("List my identities at providers", "By which providers you may sign in, the first one first.")
            .query::<ListParams>()
            .lists(FIELDS)
            .answers::<List<LinkedAnswer>>(StatusCode::OK)
            .by(list_linked_identities, identity),
        Operation::delete("unlink_identity", "/api/v1/me/identities/{identity_id}", Access::SignedIn)
            .about(
                "Unlink one of my identities",
                "The next sign-in by that provider links it again if its e-mail address is yours.",
            )
            .by(unlink_identity, identity),
    ]
}

/// One provider.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SsoProvider")]
struct ProviderAnswer {
    /// Its name in paths.
    provider: String,
    /// What people read.
    title: String,
}

/// Where somebody signs in to.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StartBody {
    /// Name of the workspace; the first of yours where it is left out.
    workspace: Option<String>,
}

/// An attempt that has begun.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StartedSso")]
struct StartedAnswer {
    /// Where the browser goes.
    authorization_url: String,
    /// Comes back from there.
    state: String,
    /// To be kept, and brought to the end; never put into a URL.
    verifier: String,
    /// When it must be done.
    expires_at: String,
}

impl From<StartedSso> for StartedAnswer {
    fn from(started: StartedSso) -> Self {
        Self {
            authorization_url: started.authorization_url.into_exposed(),
            state: started.state.into_exposed(),
            verifier: started.verifier.into_exposed(),
            expires_at: time(started.expires_at),
        }
    }
}

/// What a provider has sent back.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FinishBody {
    state: String,
    code: String,
    /// That of the beginning.
    verifier: String,
    /// Where the provider has sent one (RFC 9207).
    iss: Option<String>,
}

/// A person at a provider.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LinkedIdentity")]
struct LinkedAnswer {
    identity_id: LinkedIdentityId,
    /// Name of the provider when it was linked.
    provider: String,
    /// Who knows you.
    issuer: String,
    /// Since when.
    linked_at: String,
}

impl From<LinkedIdentityRow> for LinkedAnswer {
    fn from(row: LinkedIdentityRow) -> Self {
        Self { identity_id: row.id, provider: row.provider, issuer: row.issuer, linked_at: time(row.linked_at) }
    }
}

async fn list_sso_providers(State(identity): State<Shared>) -> Json<List<ProviderAnswer>> {
    let answer = |row: SsoProviderRow| ProviderAnswer { provider: row.name, title: row.title };
    let items = identity.list_sso_providers().into_iter().map(answer).collect();
    Json(List { items, next_cursor: None })
}

async fn start_sso(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Part(provider): Part<String>,
    Body(body): Body<StartBody>,
) -> Result<(StatusCode, Json<StartedAnswer>), Problem> {
    let started = identity.seen_from(from).start_sso(&provider, body.workspace).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(started.into())))
}

async fn finish_sso(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Part(provider): Part<String>,
    Body(body): Body<FinishBody>,
) -> Result<(StatusCode, Json<TokensAnswer>), Problem> {
    let FinishBody { state, code, verifier, iss } = body;
    let command =
        FinishSso { provider, state: state.into(), code: code.into(), verifier: verifier.into(), issuer: iss };
    let tokens = identity.seen_from(from).finish_sso(command).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(tokens.into())))
}

async fn list_linked_identities(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Params(params): Params<ListParams>,
) -> Result<Listed<LinkedAnswer>, Problem> {
    let asked = params.asked(FIELDS)?;
    let (door, actor, order) = (&identity, &actor, order(&asked, LINKED_AT, Direction::Rising));
    let read =
        |page| async move { door.list_linked_identities(actor, &ListRequest { page, order }).await.map_err(refused) };
    asked.gather(params.page()?, read, LinkedAnswer::from).await
}

async fn unlink_identity(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
    Part(link): Part<LinkedIdentityId>,
) -> Result<StatusCode, Problem> {
    identity.seen_from(from).unlink_identity(&actor, link).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
