//! What protects those who come with a browser: CSRF, CORS, headers.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use gateway::{Gateway, GatewayError, GatewaySettings};

use crate::world::{Answer, OK, World, as_role, empty, generous, plain};

fn browser(session: &str, method: Method, path: &str, csrf: (&str, &str)) -> Request<Body> {
    let mut request =
        plain(Request::builder().method(method).uri(path)).header(header::CONTENT_TYPE, "application/json");
    request = request.header(header::COOKIE, format!("grayghost_session={session}"));
    if !csrf.0.is_empty() {
        request = request.header(header::COOKIE, format!("grayghost_csrf={}", csrf.0));
    }
    if !csrf.1.is_empty() {
        request = request.header("x-csrf-token", csrf.1);
    }
    request.body(Body::from("{}")).expect("a request")
}

/// The token that the first read of a session brings.
async fn token(world: &World, session: &str) -> String {
    let answer = world.send(browser(session, Method::GET, "/api/v1/things", ("", ""))).await;
    assert_eq!(answer.status, OK);
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.ends_with("; Path=/; SameSite=Strict"), "{cookie}");
    cookie.split([';', '=']).nth(1).expect("a value").to_owned()
}

#[tokio::test]
async fn a_session_writes_only_with_its_own_token() {
    let world = World::new(generous()).await;
    let (mine, other) = (token(&world, "ann-manager").await, token(&world, "bob-manager").await);
    let forged = "A".repeat(mine.len());
    // Cookie, header, accepted.
    let cases: [((&str, &str), bool); 8] = [
        ((&mine, &mine), true),
        ((&mine, ""), false),
        (("", &mine), false),
        (("", ""), false),
        ((&other, &other), false),
        ((&mine, &other), false),
        ((&forged, &forged), false),
        (("x", "x"), false),
    ];
    for method in [Method::POST, Method::DELETE, Method::PATCH] {
        let path = if method == Method::POST { "/api/v1/things" } else { "/api/v1/things/1" };
        for (csrf, accepted) in cases {
            let answer = world.send(browser("ann-manager", method.clone(), path, csrf)).await;
            assert_eq!(answer.status < 300, accepted, "{method} {csrf:?}: {}", answer.status);
            if !accepted {
                assert_eq!((answer.status, answer.code().as_str()), (403, "gateway.csrf"));
            }
        }
    }
    let again = world.send(browser("ann-manager", Method::GET, "/api/v1/things", (&mine, ""))).await;
    assert!(again.header("set-cookie").is_empty(), "a token that is good is not replaced");
}

#[tokio::test]
async fn a_bearer_needs_no_token_and_a_planted_second_session_counts_for_nothing() {
    let world = World::new(generous()).await;
    assert_eq!(world.post("/api/v1/things", &[("cookie", "grayghost_session=ann-guest")], "{}").await.status, 201);
    let two = plain(Request::get("/api/v1/things"))
        .header(header::COOKIE, "grayghost_session=ann-reader; grayghost_session=bob-reader");
    assert_eq!(world.send(empty(two)).await.status, 401);
}

fn cors(origin: &'static str, preflight: bool) -> Request<Body> {
    let method = if preflight { Method::OPTIONS } else { Method::GET };
    let mut request =
        as_role("reader", Request::builder().method(method).uri("/api/v1/things")).header(header::ORIGIN, origin);
    if preflight {
        request = request.header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
    }
    empty(request)
}

#[tokio::test]
async fn only_origins_on_the_list_may_read() {
    let closed = World::new(generous()).await;
    let settings = GatewaySettings { cors_origins: vec!["https://app.example.com".to_owned()], ..generous() };
    let open = World::new(settings).await;
    let allow = |answer: &Answer| answer.header("access-control-allow-origin").to_owned();
    for origin in [
        "https://evil.example",
        "null",
        "https://app.example.com.evil.example",
        "http://app.example.com",
        "https://APP.example.com",
    ] {
        for preflight in [false, true] {
            assert_eq!(allow(&open.send(cors(origin, preflight)).await), "", "{origin}");
        }
    }
    let read = open.send(cors("https://app.example.com", false)).await;
    assert_eq!((allow(&read).as_str(), read.header("vary")), ("https://app.example.com", "origin"));
    assert!(read.header("access-control-expose-headers").contains("x-request-id"));
    assert_eq!(read.header("access-control-allow-credentials"), "");
    let asked = open.send(cors("https://app.example.com", true)).await;
    assert_eq!((asked.status, asked.header("access-control-allow-methods")), (204, "GET, POST, HEAD, OPTIONS"));
    assert!(asked.header("access-control-allow-headers").contains("idempotency-key"));
    assert_eq!(allow(&closed.send(cors("https://app.example.com", false)).await), "", "off by default");
}

#[tokio::test]
async fn every_answer_tells_browsers_what_not_to_do() {
    let world = World::new(generous()).await;
    for path in ["/api/v1/things", "/nowhere", "/api/v1/panics", "/api/v1/public"] {
        let answer = world.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert!(answer.header("permissions-policy").contains("camera=()"));
        assert_eq!(answer.header("strict-transport-security"), "", "not without TLS");
    }
    let secure = World::new(GatewaySettings { behind_tls: true, ..generous() }).await;
    assert!(secure.get("/nowhere").await.header("strict-transport-security").starts_with("max-age=63072000"));
    let cookie = secure.send(browser("ann-reader", Method::GET, "/api/v1/things", ("", ""))).await;
    assert!(cookie.header("set-cookie").ends_with("; Secure"));
}

#[tokio::test]
async fn what_is_for_one_is_kept_by_no_cache() {
    let world = World::new(generous()).await;
    assert_eq!(world.get("/api/v1/things").await.header("cache-control"), "private, no-store");
    assert_eq!(world.get("/api/v1/public").await.header("cache-control"), "");
    assert_eq!(world.send(empty(plain(Request::get("/api/v1/things")))).await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn settings_that_open_a_hole_or_mean_nothing_are_refused() {
    let world = World::new(generous()).await;
    let bad = [
        GatewaySettings { content_security_policy: "script-src 'unsafe-inline'".to_owned(), ..generous() },
        GatewaySettings { cors_origins: vec!["*".to_owned()], ..generous() },
        GatewaySettings { trusted_proxies: vec!["everybody".to_owned()], ..generous() },
        GatewaySettings { read: gateway::Rate { per_minute: 0, burst: 1 }, ..generous() },
    ];
    for settings in bad {
        let error = Gateway::mount(&settings, world.gates(), &world.operations).expect_err("refused");
        assert!(matches!(error, GatewayError::BadSetting { .. }), "{error}");
    }
    let twice: Vec<_> = world.operations.iter().chain(world.operations.first()).cloned().collect();
    let error = Gateway::mount(&generous(), world.gates(), &twice).expect_err("refused");
    assert!(matches!(error, GatewayError::SamePlace { .. }), "{error}");
}
