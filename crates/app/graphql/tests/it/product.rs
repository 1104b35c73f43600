//! The product's own operations, through GraphQL.

use std::{collections::BTreeSet, sync::Arc};

use api::Spine;
use axum::Router;
use futures::FutureExt as _;
use graphql::{GraphqlSettings, sdl};
use http_edge::{Authenticate, Authenticated, Credential, Operation, Problem};
use serde_json::json;
use testkit::Place;

use crate::{
    house::{GOOD, House},
    world::{Answer, generous, mount, posted, send},
};

testkit::on_both!(somebody_signs_in_and_works_by_graphql_alone);

fn operations(house: &House) -> Vec<Operation> {
    [identity_http::operations(&house.identity), Spine::of(&house.app.log, &house.app.jobs).operations()].concat()
}

fn authenticate(house: &House) -> Authenticate {
    let identity = Arc::clone(&house.identity);
    Arc::new(move |credential: Credential| {
        let identity = Arc::clone(&identity);
        async move {
            let who = identity.authenticate(credential.expose()).await.map_err(Problem::from)?;
            Ok(Authenticated { actor: who.actor.clone(), session: None, limit_key: who.actor.who.to_string().into() })
        }
        .boxed()
    })
}

async fn ask(router: &Router, token: &str, query: &str) -> Answer {
    send(router, posted(token, &[], &json!({ "query": query }).to_string())).await
}

async fn somebody_signs_in_and_works_by_graphql_alone(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let gate = testkit::memory().await;
    let router =
        mount(&gate, (generous(), GraphqlSettings::default()), authenticate(&house), &operations(&house)).await;
    let sign_in = format!(
        "mutation {{ signIn(input: {{email: \"ann@example.com\", password: \"{GOOD}\"}}) {{ accessToken expiresIn }} }}"
    );
    let tokens = ask(&router, "", &sign_in).await.data()["signIn"].clone();
    assert_eq!(tokens["expiresIn"], "900");
    let token = tokens["accessToken"].as_str().expect("a token");
    let query = "{ me { email role } sessions { items { workspace { name } } } roles { items { role } version } jobs { items { id } } }";
    let data = ask(&router, token, query).await.data();
    assert_eq!(data["me"], json!({ "email": "ann@example.com", "role": "owner" }));
    assert_eq!(data["sessions"]["items"][0]["workspace"]["name"], "default");
    let version = data["roles"]["version"].as_str().expect("a version").to_owned();
    let define = format!(
        "mutation {{ defineRole(role: \"reader\", input: {{permissions: [\"jobs:read\"]}}, ifVersion: \"{version}\") {{ role version }} }}"
    );
    assert_eq!(ask(&router, token, &define).await.data()["defineRole"]["role"], "reader");
    assert_eq!(ask(&router, token, &define).await.code(), "http.other_version");
    let issue =
        "mutation { issueKey(input: {name: \"nightly\", role: \"reader\"}) { key apiKey { name issuer { email } } } }";
    let issued = ask(&router, token, issue).await.data()["issueKey"].clone();
    assert_eq!(issued["apiKey"], json!({ "name": "nightly", "issuer": { "email": "ann@example.com" } }));
    let key = issued["key"].as_str().expect("a key");
    let seen = ask(&router, key, "{ jobs { items { id } } members { items { email } } }").await.json();
    assert!(seen["data"]["jobs"].is_object() && seen["data"]["members"].is_null(), "{seen}");
    assert_eq!(seen["errors"][0]["extensions"]["code"], "kernel.forbidden");
    assert_eq!(ask(&router, "", "{ me { email } }").await.code(), "http.nobody_known");
}

#[tokio::test]
async fn every_operation_is_a_field_and_every_link_is_there() {
    let house = House::new(testkit::memory().await).await;
    let all = operations(&house);
    let text = sdl(&all).expect("a schema");
    assert_eq!(text, sdl(&all).expect("a schema"), "the same each time");
    let names: BTreeSet<_> = all.iter().filter_map(Operation::field).collect();
    let left_out: Vec<_> = all.iter().filter(|each| each.field().is_none()).map(Operation::id).collect();
    // Cookies and documents of other standards are no values of GraphQL.
    let expected = ["start_browser_session", "refresh_browser_session", "end_browser_session", "jwks"];
    assert_eq!((left_out.as_slice(), names.len()), (&expected[..], all.len() - expected.len()));
    for (kind, field) in [
        ("ApiKey", "issuer: Member"),
        ("DeadLetter", "event: Event"),
        ("DeadLetterWithFact", "event: Event"),
        ("Event", "cause: Event"),
        ("Invitation", "roleDefinition: Role"),
        ("IssuedKey", "apiKey: ApiKey"),
        ("Member", "roleDefinition: Role"),
        ("Session", "workspace: Workspace"),
    ] {
        let body = text.split(&format!("type {kind} {{")).nth(1).and_then(|rest| rest.split("\n}").next());
        assert!(body.is_some_and(|body| body.contains(&format!("\t{field}"))), "{kind}.{field} in {body:?}");
    }
    assert!(
        text.contains("jobs(") && text.contains("): JobList") && text.contains("cancelJob(jobId: ID!): Job"),
        "{text}"
    );
}
