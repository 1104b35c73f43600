//! What handlers take out of a request, and how they refuse it.

use axum::{
    Router,
    body::Body as Bytes,
    http::{Request, StatusCode, header},
};
use http_edge::{
    Access, Body, Caller, Correlation, From, IfMatch, Operation, Params, Part, Repeatable, Repeated, Versioned,
};
use kernel::{Actor, Who, WorkspaceId};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt as _;

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Invite {
    email: String,
    roles: Vec<Role>,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Role {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    limit: Option<u32>,
}

fn router() -> Router {
    let operations = [
        Operation::post("invite", "/invite", Access::Public)
            .by(async |Body(invite): Body<Invite>| format!("{} {}", invite.email, invite.roles[0].name), &()),
        Operation::get("list", "/list", Access::Public)
            .by(async |Params(page): Params<Page>| page.limit.unwrap_or(50).to_string(), &()),
        Operation::get("show", "/show/{id}", Access::Public)
            .by(async |Part(id): Part<u32>| Versioned(7, json!({ "id": id })), &()),
        Operation::patch("change", "/change", Access::Public)
            .by(async |IfMatch(version): IfMatch| format!("{version:?}"), &()),
        Operation::get("who", "/who", Access::SignedIn).by(async |Caller(actor): Caller| actor.who.to_string(), &()),
        Operation::get("told", "/told", Access::Public).by(
            async |From(address): From, correlation: Correlation, Repeated(key): Repeated| {
                format!("{address:?} {:?} {:?}", correlation.request_id, key.map(|key| key.key))
            },
            &(),
        ),
    ];
    operations.iter().fold(Router::new(), |router, operation| router.route(operation.path(), operation.route()))
}

async fn ask(request: Request<Bytes>) -> (StatusCode, String) {
    let response = router().oneshot(request).await.expect("infallible");
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

async fn post(kind: &str, body: &str) -> (u16, Value) {
    let request = Request::post("/invite").header(header::CONTENT_TYPE, kind).body(Bytes::from(body.to_owned()));
    let (status, text) = ask(request.expect("a request")).await;
    (status.as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

async fn get(path: &str) -> (u16, String) {
    let (status, text) = ask(Request::get(path).body(Bytes::empty()).expect("a request")).await;
    (status.as_u16(), text)
}

#[tokio::test]
async fn a_body_is_read_by_its_type_and_refused_by_field() {
    let good = r#"{"email":"a@b","roles":[{"name":"owner"}]}"#;
    for kind in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"] {
        assert_eq!(post(kind, good).await, (200, json!("a@b owner")), "{kind}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"] {
        let (status, problem) = post(kind, good).await;
        assert_eq!((status, problem["code"].as_str()), (415, Some("http.not_json")), "{kind}");
    }
    // Body, status, code, field, what of the field.
    let cases = [
        (r#"{"email":"a""#, 400, "http.bad_json", "", ""),
        ("", 400, "http.bad_json", "", ""),
        (r#"{"email":"a","roles":[]} x"#, 400, "http.bad_json", "", ""),
        (r#"{"roles":[]}"#, 422, "http.bad_fields", "email", "missing"),
        (r#"{"email":"a","roles":[{}]}"#, 422, "http.bad_fields", "roles[0].name", "missing"),
        (r#"{"email":"a","roles":[{"name":"secret-7","x":1}]}"#, 422, "http.bad_fields", "roles[0].x", "unknown"),
        (r#"{"email":"secret-7","roles":[{"name":7}]}"#, 422, "http.bad_fields", "roles[0].name", "wrong_type"),
        (r#"{"email":"a","roles":"secret-7"}"#, 422, "http.bad_fields", "roles", "wrong_type"),
        (r#"{"email":"a","email":"b","roles":[]}"#, 422, "http.bad_fields", "email", "duplicate"),
    ];
    for (body, status, code, field, what) in cases {
        let (given, problem) = post("application/json", body).await;
        assert_eq!((given, problem["code"].as_str()), (status, Some(code)), "{body}: {problem}");
        assert!(!problem.to_string().contains("secret-7"), "a value is not repeated: {problem}");
        if !field.is_empty() {
            let error = &problem["errors"][0];
            assert_eq!(
                (error["field"].as_str(), error["code"].as_str()),
                (Some(field), Some(what)),
                "{body}: {problem}"
            );
        }
    }
}

#[tokio::test]
async fn queries_parts_and_versions_are_read_or_refused() {
    assert_eq!(get("/list").await, (200, "50".to_owned()));
    assert_eq!(get("/list?limit=7").await, (200, "7".to_owned()));
    for query in ["limit=many", "limit=7&limit=8", "other=1"] {
        let (status, text) = get(&format!("/list?{query}")).await;
        assert!(status == 422 && text.contains("http.bad_fields"), "{query}: {status} {text}");
    }
    assert_eq!(get("/show/7").await, (200, r#"{"id":7}"#.to_owned()));
    let (status, text) = get("/show/seven").await;
    assert!(status == 404 && text.contains("http.no_route"), "what is no id names nothing: {text}");
    for (sent, expected) in [
        ("\"7\"", "Some(7)"),
        ("W/\"7\"", "Some(7)"),
        ("*", "None"),
        ("7", "http.other_version"),
        ("\"other\"", "http.other_version"),
    ] {
        let request = Request::patch("/change").header(header::IF_MATCH, sent).body(Bytes::empty());
        let (status, text) = ask(request.expect("a request")).await;
        assert!(text.contains(expected) && (status == 200 || status == 412), "{sent}: {status} {text}");
    }
}

#[tokio::test]
async fn without_layers_above_nobody_is_known_and_nothing_is_told() {
    let (status, text) = get("/who").await;
    assert!(status == 401 && text.contains("http.nobody_known"), "{text}");
    assert_eq!(get("/told").await.1, "None None None");
    let mut request = Request::get("/told").body(Bytes::empty()).expect("a request");
    request.extensions_mut().insert(From(Some([192, 0, 2, 1].into())));
    request.extensions_mut().insert(Correlation { request_id: Some("r-1".into()), traceparent: None });
    request.extensions_mut().insert(Repeatable { key: "k".to_owned(), fingerprint: [0; 32] });
    assert_eq!(ask(request).await.1, "Some(192.0.2.1) Some(\"r-1\") Some(\"k\")");
    let mut known = Request::get("/who").body(Bytes::empty()).expect("a request");
    known.extensions_mut().insert(Caller(Actor::new(WorkspaceId::new(), Who::System, [])));
    assert_eq!(ask(known).await.1, "system");
}
