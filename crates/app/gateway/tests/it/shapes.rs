//! Targets that are not in this process, and what is counted.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::Request,
    http::{Request as Asking, header},
    response::Response,
};
use gateway::{Gateway, Target};
use http_edge::Operation;
use tower::service_fn;

use crate::world::{World, as_role, empty, generous, send};

#[tokio::test]
async fn the_layers_do_not_know_where_their_target_is() {
    let world = World::new(generous()).await;
    // As a pool of other processes would: it gets the whole request, and gives a whole answer.
    let far = |operation: &Operation| {
        let id = operation.id();
        Target::new(service_fn(move |request: Request| async move {
            let told = format!("{{\"asked\":\"{id}\",\"id\":{:?}}}", request.headers()["x-request-id"]);
            Ok::<_, Infallible>(
                Response::builder()
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(Body::from(told))
                    .expect("an answer"),
            )
        }))
    };
    let router = Gateway::mount_to(&generous(), world.gates(), &world.operations, far).expect("mounted");
    let answer =
        send(&router, empty(as_role("reader", Asking::get("/api/v1/things")).header("x-request-id", "r-1"))).await;
    assert_eq!(answer.json(), serde_json::json!({ "asked": "list_things", "id": "r-1" }));
    assert!(answer.header("etag").starts_with("W/") && answer.header("ratelimit-limit") == "10000");
    assert_eq!(send(&router, empty(as_role("guest", Asking::get("/api/v1/things")))).await.status, 403);
}

#[tokio::test]
async fn figures_name_routes_and_nothing_that_a_caller_wrote() {
    let metrics = telemetry::Metrics::install().expect("installed");
    let world = World::new(generous()).await;
    for path in ["/api/v1/things/personal-id?name=personal-name", "/personal-path"] {
        world.get(path).await;
    }
    world.send(empty(as_role("reader", Asking::builder().method("PERSONAL").uri("/api/v1/things")))).await;
    let text = metrics.render();
    for line in [
        r#"grayghost_gateway_requests_total{route="/api/v1/things/{thing_id}",method="GET",status="200"} "#,
        r#"grayghost_gateway_requests_total{route="(no route)",method="other",status="404"} "#,
        r#"grayghost_gateway_requests_total{route="/api/v1/things",method="other",status="405"} "#,
        r#"grayghost_gateway_request_duration_seconds_bucket{route="/api/v1/things/{thing_id}",method="GET",le="#,
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.to_lowercase().contains("personal"), "{text}");
}
