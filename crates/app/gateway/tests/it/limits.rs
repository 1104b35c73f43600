//! Budgets, and what happens when they are used up; sizes, depths and times.

use axum::http::{Request, header};
use gateway::{GatewaySettings, Rate};

use crate::world::{OK, World, as_role, empty, from, generous, plain, post};

#[tokio::test]
async fn a_budget_is_told_and_kept_for_each_caller() {
    let settings = GatewaySettings { read: Rate { per_minute: 60, burst: 3 }, ..generous() };
    let world = World::new(settings).await;
    for remaining in ["2", "1", "0"] {
        let answer = world.get("/api/v1/things").await;
        assert_eq!((answer.status, answer.header("ratelimit-remaining")), (OK, remaining));
        assert_eq!((answer.header("ratelimit-limit"), answer.header("ratelimit-policy")), ("3", "3;w=3"));
    }
    let refused = world.get("/api/v1/things").await;
    assert_eq!(
        (refused.status, refused.code().as_str(), refused.header("retry-after")),
        (429, "gateway.too_often", "1")
    );
    assert_eq!((refused.header("ratelimit-remaining"), refused.header("ratelimit-reset")), ("0", "3"));
    let other = world.send(empty(as_role("bob-reader", Request::get("/api/v1/things")))).await;
    assert_eq!(other.status, OK, "another caller has a budget of its own");
    assert_eq!(world.get("/api/v1/heavily").await.status, OK, "another budget of the same caller");
    world.clock.advance_micros(1_000_000);
    assert_eq!(world.get("/api/v1/things").await.status, OK);
}

#[tokio::test]
async fn an_address_is_counted_whatever_it_asks_and_whoever_it_says_it_is() {
    let settings = GatewaySettings { per_address: Rate { per_minute: 60, burst: 3 }, ..generous() };
    let world = World::new(settings).await;
    let ask = |peer: &'static str, forwarded: &str, path: &'static str| {
        empty(from(peer, Request::get(path)).header(header::HOST, "test").header("x-forwarded-for", forwarded))
    };
    for (number, path) in ["/api/v1/public", "/nowhere", "/api/v1/things"].into_iter().enumerate() {
        assert_ne!(world.send(ask("198.51.100.1:1", &format!("10.0.0.{number}"), path)).await.status, 429);
    }
    assert_eq!(
        world.send(ask("198.51.100.1:2", "10.9.9.9", "/nowhere")).await.status,
        429,
        "a made-up address helps nobody"
    );
    assert_eq!(world.send(ask("198.51.100.2:1", "", "/nowhere")).await.status, 404);
    for (number, expected) in [(1, 404), (2, 404), (3, 404), (4, 429)] {
        let peer: &'static str = Box::leak(format!("[2001:db8::{number}]:1").into_boxed_str());
        assert_eq!(world.send(ask(peer, "", "/nowhere")).await.status, expected, "one /64 is one address");
    }
}

#[tokio::test]
async fn guesses_at_secrets_are_counted_by_address() {
    let settings = GatewaySettings { sign_in: Rate { per_minute: 1, burst: 2 }, ..generous() };
    let world = World::new(settings).await;
    for expected in [200, 200, 429] {
        let answer = world.post("/api/v1/sessions", &[], "{}").await;
        assert_eq!(answer.status, expected);
    }
    let elsewhere = from("198.51.100.1:1", Request::post("/api/v1/sessions")).header(header::HOST, "test");
    assert_eq!(world.send(empty(elsewhere)).await.status, OK);
}

#[tokio::test]
async fn bodies_have_a_size_and_a_depth() {
    let world = World::new(GatewaySettings { max_body_bytes: 1_000, max_json_depth: 10, ..generous() }).await;
    let large = format!("{{\"name\":\"{}\"}}", "a".repeat(2_000));
    let answer = world.post("/api/v1/things", &[], &large).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "http.too_large"));
    let deep = format!("{}{}", "[".repeat(11), "]".repeat(11));
    let answer = world.post("/api/v1/things", &[], &deep).await;
    assert_eq!((answer.status, answer.code().as_str()), (422, "gateway.too_deep"));
    let deeper = "{\"a\":".repeat(150);
    assert_eq!(world.post("/api/v1/things", &[("idempotency-key", "k")], &deeper).await.code(), "gateway.too_deep");
    assert_eq!(world.state.writes.load(std::sync::atomic::Ordering::SeqCst), 0, "no handler was asked");
    let text = format!("{{\"name\":\"{}\"}}", "[".repeat(500));
    assert_eq!(world.post("/api/v1/things", &[], &text).await.status, 201, "brackets in a text are no depth");
}

#[tokio::test]
async fn a_body_that_flows_is_cut_at_its_own_limit() {
    let world = World::new(GatewaySettings { max_body_bytes: 1_000, ..generous() }).await;
    let upload = |pieces: usize| {
        let flow = futures::stream::iter((0..pieces).map(|_| Ok::<_, std::io::Error>(vec![b'a'; 1_000])));
        let request =
            as_role("manager", Request::post("/api/v1/files")).header(header::CONTENT_TYPE, "application/octet-stream");
        request.body(axum::body::Body::from_stream(flow)).expect("a request")
    };
    let fits = world.send(upload(5)).await;
    assert_eq!((fits.status, fits.body.as_slice()), (OK, b"5000".as_slice()));
    let large = world.send(upload(6)).await;
    assert_eq!((large.status, large.code().as_str()), (413, "http.too_large"));
    let announced = as_role("manager", Request::post("/api/v1/files"))
        .body(axum::body::Body::from(vec![b'a'; 5_001]))
        .expect("a request");
    assert_eq!(world.send(announced).await.status, 413);
}

#[tokio::test]
async fn heads_have_a_size() {
    let world =
        World::new(GatewaySettings { max_headers: 20, max_header_bytes: 2_000, max_uri_bytes: 300, ..generous() })
            .await;
    let long = world.get(&format!("/api/v1/things?q={}", "a".repeat(300))).await;
    assert_eq!((long.status, long.code().as_str()), (414, "gateway.uri_too_long"));
    let many = (0..30).fold(as_role("reader", Request::get("/api/v1/things")), |request, number| {
        request.header(format!("x-h{number}"), "1")
    });
    let answer = world.send(empty(many)).await;
    assert_eq!((answer.status, answer.code().as_str()), (431, "gateway.headers_too_large"));
    let large = as_role("reader", Request::get("/api/v1/things")).header("x-large", "a".repeat(3_000));
    assert_eq!(world.send(empty(large)).await.status, 431);
}

#[tokio::test]
async fn paths_that_hide_what_they_name_are_refused() {
    let world = World::new(generous()).await;
    for path in [
        "/api/v1/things/../secrets",
        "/api/v1/things/%2e%2e/x",
        "/api/v1/things/..%2fx",
        "/api/v1/things/a%2Fb",
        "/api/v1/things/a%5cb",
        "/api/v1/things/a%00",
        "/api/v1/./things",
        "/api/v1/things/%0d%0aset-cookie:a",
    ] {
        let answer = world.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "gateway.bad_path"), "{path}");
    }
    assert_eq!(world.get("/api/v1/things/caf%C3%A9").await.json()["id"], "café");
}

#[tokio::test]
async fn a_handler_that_breaks_or_does_not_end_breaks_one_answer() {
    let world = World::new(generous()).await;
    let broken = world.get("/api/v1/panics").await;
    assert_eq!((broken.status, broken.code().as_str()), (500, "gateway.panicked"));
    assert!(!String::from_utf8_lossy(&broken.body).contains("a handler breaks"), "its words stay here");
    let late = world.get("/api/v1/slowly").await;
    assert_eq!((late.status, late.code().as_str()), (504, "gateway.timed_out"));
    assert_eq!(world.get("/api/v1/things").await.status, OK);
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let world = World::new(GatewaySettings { body_timeout_ms: 50, ..generous() }).await;
    for (path, kind) in [("/api/v1/things", "application/json"), ("/api/v1/files", "text/plain")] {
        let never = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let request = as_role("manager", Request::post(path)).header(header::CONTENT_TYPE, kind);
        let answer = world.send(request.body(axum::body::Body::from_stream(never)).expect("a request")).await;
        assert_eq!((answer.status, answer.code().as_str()), (408, "gateway.slow_body"), "{path}");
    }
}

#[tokio::test]
async fn a_store_of_limits_that_does_not_answer_stops_guesses_and_nothing_else() {
    #[derive(Debug)]
    struct Away;
    #[async_trait::async_trait]
    impl cache::Limits for Away {
        async fn take(&self, _: &str, _: cache::Limit, _: u32) -> Result<cache::Decision, cache::CacheError> {
            let source: std::sync::Arc<dyn std::error::Error + Send + Sync> =
                std::sync::Arc::new(std::io::Error::other("away"));
            Err(cache::CacheError::Unreachable { port: "limits", source })
        }

        async fn refill(&self, _: &str) -> Result<(), cache::CacheError> {
            Ok(())
        }
    }
    let world = World::new(generous()).await;
    let gates = gateway::Gates { limits: std::sync::Arc::new(Away), ..world.gates() };
    let router = gateway::Gateway::mount(&generous(), gates, &world.operations).expect("mounted");
    assert_eq!(crate::world::send(&router, empty(as_role("reader", Request::get("/api/v1/things")))).await.status, OK);
    assert_eq!(crate::world::send(&router, post("/api/v1/sessions", &[], "{}")).await.status, 503);
    assert_eq!(crate::world::send(&router, empty(plain(Request::get("/api/v1/public")))).await.status, OK);
}
