//! Who may, cell by cell; and what does not help those who may not.

use axum::http::{Request, header};
use gateway::{Role, may, permissions_matrix, walk::walk};

use crate::world::{OK, ROLES, World, as_role, empty, from, generous, plain};

#[tokio::test]
async fn every_cell_of_the_table_is_what_the_gateway_does() {
    let world = World::new(generous()).await;
    let roles: Vec<Role> =
        ROLES.iter().map(|(name, held)| Role { name: (*name).to_owned(), permissions: held.to_vec() }).collect();
    let callers = roles.iter().map(Some).chain([None]);
    let mut cells = 0;
    for role in callers {
        let bearer = role.map(|role| role.name.as_str());
        let held = role.map(|role| role.permissions.as_slice());
        // Those that would not come back.
        let walked: Vec<_> = world
            .operations
            .iter()
            .filter(|each| !["wait_for_leave", "run_panics"].contains(&each.id()))
            .cloned()
            .collect();
        walk(&world.router, &walked, bearer, |operation, response| {
            let refused = if role.is_none() { 401 } else { 403 };
            let is_refused = response.status().as_u16() == refused;
            assert_eq!(
                !is_refused,
                may(operation.access(), held),
                "{operation:?} as {bearer:?}: {}",
                response.status()
            );
            cells += 1;
        })
        .await;
    }
    assert_eq!(cells, (world.operations.len() - 2) * 4);
    let matrix = permissions_matrix(&world.operations, &roles);
    assert_eq!(matrix.operations.len(), world.operations.len());
    let markdown = matrix.markdown();
    assert!(
        markdown
            .contains("| `add_thing` | `POST /api/v1/things` | `Mutation.addThing` | jobs:manage | – | – | yes | – |"),
        "{markdown}"
    );
    assert!(
        markdown
            .contains("| `sign_in` | `POST /api/v1/sessions` | `Mutation.signIn` | public | yes | yes | yes | yes |"),
        "{markdown}"
    );
    let json = serde_json::to_value(&matrix).expect("JSON");
    assert_eq!(
        (json["roles"][0].as_str(), json["operations"][0]["roles"].as_array().map(Vec::len)),
        (Some("reader"), Some(3))
    );
}

#[tokio::test]
async fn nobody_known_is_401_and_somebody_who_may_not_is_403() {
    let world = World::new(generous()).await;
    let stranger = world.send(empty(plain(Request::get("/api/v1/things")))).await;
    assert_eq!((stranger.status, stranger.code().as_str()), (401, "http.nobody_known"));
    assert_eq!(stranger.header("www-authenticate"), "Bearer");
    let wrong = world.send(empty(as_role("ann-nothing", Request::get("/api/v1/things")))).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (401, "http.nobody_known"));
    let guest = world.send(empty(as_role("guest", Request::get("/api/v1/things")))).await;
    assert_eq!((guest.status, guest.code().as_str()), (403, "kernel.forbidden"));
    for text in ["Basic YTpi", "Bearer", "reader"] {
        let request = plain(Request::get("/api/v1/things")).header(header::AUTHORIZATION, text);
        assert_eq!(world.send(empty(request)).await.code(), "gateway.bad_credential", "{text}");
    }
    let twice = as_role("reader", Request::get("/api/v1/things")).header(header::AUTHORIZATION, "Bearer manager");
    assert_eq!(world.send(empty(twice)).await.code(), "gateway.ambiguous");
}

#[tokio::test]
async fn a_credential_that_has_ended_keeps_nobody_from_what_is_public() {
    let world = World::new(generous()).await;
    let request = as_role("ann-nothing", Request::get("/api/v1/public"));
    assert_eq!(world.send(empty(request)).await.status, OK);
}

#[tokio::test]
async fn headers_that_claim_an_identity_do_not_reach_the_handler() {
    let world = World::new(generous()).await;
    let claims = [
        "x-user-id",
        "x-forwarded-user",
        "remote-user",
        "x-workspace-id",
        "x-forwarded-for",
        "x-original-url",
        "x-http-method-override",
    ];
    let mut request = as_role("bob-reader", Request::get("/api/v1/echo")).header("x-harmless", "1");
    for name in claims {
        request = request.header(name, "root");
    }
    let told = world.send(empty(request)).await.json();
    let names = told["headers"].as_array().expect("names").clone();
    for name in claims {
        assert!(!names.contains(&name.into()), "{name}");
    }
    assert!(names.contains(&"x-harmless".into()));
    assert!(told["who"].as_str().is_some_and(|who| who.starts_with("user:62")), "bob: {told}");
    assert_eq!(told["address"], "203.0.113.7");
}

#[tokio::test]
async fn a_forwarded_address_is_believed_only_of_a_balancer_of_ours() {
    let settings = gateway::GatewaySettings { trusted_proxies: vec!["10.0.0.0/8".to_owned()], ..generous() };
    let world = World::new(settings).await;
    for (peer, expected) in [("203.0.113.7:1", "203.0.113.7"), ("10.0.0.1:1", "198.51.100.9")] {
        let request = from(peer, Request::get("/api/v1/echo"))
            .header(header::HOST, "test")
            .header(header::AUTHORIZATION, "Bearer reader")
            .header("x-forwarded-for", "1.1.1.1, 198.51.100.9");
        assert_eq!(world.send(empty(request)).await.json()["address"], expected, "{peer}");
    }
}

#[tokio::test]
async fn request_ids_are_taken_when_they_can_do_no_harm_and_are_in_every_answer() {
    let world = World::new(generous()).await;
    let ask = |id: &'static str| as_role("reader", Request::get("/api/v1/echo")).header("x-request-id", id);
    let taken = world.send(empty(ask("job-7.a_B"))).await;
    assert_eq!((taken.header("x-request-id"), taken.json()["request_id"].as_str()), ("job-7.a_B", Some("job-7.a_B")));
    for id in ["a b", "a\"b", "<script>", "\u{7f}x", "a\tb"] {
        let Ok(request) = ask(id).body(axum::body::Body::empty()) else { continue };
        let answer = world.send(request).await;
        assert_ne!(answer.header("x-request-id"), id);
        assert_eq!(answer.header("x-request-id").len(), 36);
    }
    for path in ["/nowhere", "/api/v1/panics", "/api/v1/refusal", "/api/v1/../x"] {
        let answer = world.get(path).await;
        assert_eq!(answer.json()["request_id"].as_str(), Some(answer.header("x-request-id")), "{path}");
    }
}

#[tokio::test]
async fn the_callers_trace_is_taken_over() {
    let world = World::new(generous()).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = as_role("reader", Request::get("/api/v1/echo")).header("traceparent", trace);
    assert_eq!(world.send(empty(request)).await.json()["traceparent"], trace);
    let request = as_role("reader", Request::get("/api/v1/echo")).header("traceparent", "00-nonsense");
    assert!(world.send(empty(request)).await.json()["traceparent"].is_null());
}
