//! The operations as a server would mount them: with a layer that says who asks.

use std::collections::BTreeSet;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use http_edge::{About, Access, Caller};
use serde_json::{Value, json};
use testkit::Place;
use tower::ServiceExt as _;

use crate::house::{GOOD, House};

testkit::on_both!(
    a_session_from_set_up_to_sign_out,
    versions_limits_and_mistakes_have_their_status,
    a_second_factor_from_enrolling_to_removing,
    an_audit_is_exported_line_by_line
);

/// What the gateway does, in small.
async fn authenticate(
    axum::extract::State(identity): axum::extract::State<std::sync::Arc<identity::Identity>>,
    mut request: Request,
    next: Next,
) -> Response {
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(bearer) = bearer.and_then(|text| text.strip_prefix("Bearer ")).map(str::to_owned)
        && let Ok(who) = identity.authenticate(&bearer).await
    {
        request.extensions_mut().insert(Caller(who.actor.clone()));
    }
    next.run(request).await
}

pub(crate) struct Client {
    router: Router,
    pub(crate) token: Option<String>,
}

impl Client {
    pub(crate) fn of(house: &House) -> Self {
        Self::at(&house.identity)
    }

    pub(crate) fn at(identity: &std::sync::Arc<identity::Identity>) -> Self {
        let operations = identity_http::operations(identity);
        let router = operations.iter().fold(Router::new(), |router, each| router.route(each.path(), each.route()));
        Self { router: router.layer(from_fn_with_state(identity.clone(), authenticate)), token: None }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (StatusCode, HeaderMap, Value) {
        self.ask_with(method, path, body, None).await
    }

    async fn ask_with(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        version: Option<&str>,
    ) -> (StatusCode, HeaderMap, Value) {
        let mut request = Request::builder().method(method).uri(path).header(header::USER_AGENT, "curl/8");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(version) = version {
            request = request.header(header::IF_MATCH, version);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("answered");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.expect("a body");
        let is_lines = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/x-ndjson");
        let json = match bytes.as_ref() {
            b"" => Value::Null,
            bytes if is_lines => String::from_utf8(bytes.to_vec()).expect("text").into(),
            bytes => serde_json::from_slice(bytes).expect("JSON"),
        };
        (parts.status, parts.headers, json)
    }

    pub(crate) async fn sign_in(&mut self) -> Value {
        let body = json!({ "email": "ann@example.com", "password": GOOD });
        let (status, _, tokens) = self.ask("POST", "/api/v1/sessions", Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{tokens}");
        self.token = Some(tokens["access_token"].as_str().expect("a token").to_owned());
        tokens
    }
}

async fn a_session_from_set_up_to_sign_out(place: Place) {
    let house = House::new(place).await;
    let mut client = Client::of(&house);
    let link = house.identity.first_start(house.app.workspace, "default").await.expect("started").expect("a link");
    let token = link.expose().split_once("#token=").expect("a token").1.to_owned();
    let body = json!({ "token": token, "email": "ann@example.com", "name": "Ann", "password": GOOD });
    let (status, _, _) = client.ask("POST", "/api/v1/set-up", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(client.ask("GET", "/api/v1/me", None).await.0, StatusCode::UNAUTHORIZED);
    let tokens = client.sign_in().await;
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(900)));
    let (_, _, me) = client.ask("GET", "/api/v1/me", None).await;
    assert_eq!(
        (&me["email"], &me["role"], &me["workspace"]),
        (&json!("ann@example.com"), &json!("owner"), &json!("default"))
    );
    let key = json!({ "name": "nightly", "role": "viewer", "expires_in_days": 30 });
    let (status, _, key) = client.ask("POST", "/api/v1/api-keys", Some(key)).await;
    assert_eq!(status, StatusCode::CREATED);
    let invite = json!({ "email": "bob@example.com", "role": "viewer" });
    assert_eq!(client.ask("POST", "/api/v1/invitations", Some(invite)).await.0, StatusCode::CREATED);
    for (path, items) in
        [("members", 1), ("invitations", 1), ("api-keys", 1), ("roles", 5), ("workspaces", 1), ("sessions", 1)]
    {
        let (status, _, list) = client.ask("GET", &format!("/api/v1/{path}"), None).await;
        assert_eq!((status, list["items"].as_array().map(Vec::len)), (StatusCode::OK, Some(items)), "{path}: {list}");
    }
    let (_, _, audit) = client.ask("GET", "/api/v1/audit?limit=1&action=sign_in", None).await;
    assert_eq!((&audit["items"][0]["outcome"], &audit["next_cursor"]), (&json!("done"), &Value::Null));
    let (_, _, keys) = client.ask("GET", "/.well-known/jwks.json", None).await;
    assert_eq!(keys["keys"][0]["crv"], "Ed25519");
    let renew = json!({ "refresh_token": tokens["refresh_token"] });
    assert_eq!(client.ask("POST", "/api/v1/sessions/refresh", Some(renew)).await.0, StatusCode::OK);
    let session = format!("/api/v1/sessions/{}", tokens["session_id"].as_str().expect("an id"));
    assert_eq!(client.ask("DELETE", &session, None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(client.ask("GET", "/api/v1/me", None).await.0, StatusCode::UNAUTHORIZED);
    client.token = Some(key["key"].as_str().expect("a key").to_owned());
    assert_eq!(client.ask("GET", "/api/v1/members", None).await.0, StatusCode::OK);
    assert_eq!(client.ask("GET", "/api/v1/audit", None).await.0, StatusCode::FORBIDDEN);
}

async fn versions_limits_and_mistakes_have_their_status(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let bob = house.member("bob@example.com", "viewer").await;
    let mut client = Client::of(&house);
    client.sign_in().await;
    let (_, headers, _) = client.ask("GET", "/api/v1/roles", None).await;
    let seen = headers[header::ETAG].to_str().expect("text").to_owned();
    let (path, body) = (format!("/api/v1/members/{bob}"), json!({ "role": "analyst" }));
    let (status, headers, _) = client.ask_with("PATCH", &path, Some(body.clone()), Some(&seen)).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(headers[header::ETAG], seen.as_str());
    let (status, _, problem) = client.ask_with("PATCH", &path, Some(json!({ "role": "viewer" })), Some(&seen)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::PRECONDITION_FAILED, &json!("http.other_version")));
    let (status, _, problem) = client.ask("PATCH", &path, Some(json!({ "rank": "viewer" }))).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("rank")));
    for (query, expected) in
        [("?limit=0", 422), ("?limit=501", 422), ("?cursor=x", 422), ("?page=2", 422), ("?limit=1", 200)]
    {
        let (status, _, _) = client.ask("GET", &format!("/api/v1/members{query}"), None).await;
        assert_eq!(status.as_u16(), expected, "{query}");
    }
    assert_eq!(client.ask("DELETE", "/api/v1/members/nobody", None).await.0, StatusCode::NOT_FOUND);
    let (wrong, mut last) = (json!({ "email": "ann@example.com", "password": "wrong" }), None);
    for _ in 0..8 {
        last = Some(client.ask("POST", "/api/v1/sessions", Some(wrong.clone())).await);
    }
    let (status, headers, problem) = last.expect("eight answers");
    assert_eq!((status, &problem["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("identity.too_many_attempts")));
    assert!(headers[header::RETRY_AFTER].to_str().expect("text").parse::<u64>().expect("seconds") <= 30);
}

async fn a_second_factor_from_enrolling_to_removing(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let mut client = Client::of(&house);
    let first = client.sign_in().await;
    let password = json!({ "password": GOOD });
    let (status, _, problem) = client.ask("POST", "/api/v1/me/totp", Some(json!({}))).await;
    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("identity.proof_needed")));
    let (status, _, new) = client.ask("POST", "/api/v1/me/totp", Some(password.clone())).await;
    assert_eq!(status, StatusCode::CREATED);
    let base32 = new["secret"].as_str().expect("a secret").to_owned();
    let code = json!({ "code": house.code(&base32, 0) });
    let (status, _, codes) = client.ask("POST", "/api/v1/me/totp/confirm", Some(code)).await;
    assert_eq!((status, codes["recovery_codes"].as_array().map(Vec::len)), (StatusCode::OK, Some(10)));
    let (_, _, factors) = client.ask("GET", "/api/v1/me/factors", None).await;
    assert_eq!(factors, json!({ "totp": true, "passkeys": 0, "recovery_codes": 10, "required": false }));

    let with = |code: Value| json!({ "email": "ann@example.com", "password": GOOD, "code": code });
    let (status, _, problem) = client.ask("POST", "/api/v1/sessions", Some(with(Value::Null))).await;
    assert_eq!((status.as_u16(), &problem["code"]), (401, &json!("identity.second_factor")));
    let kinds: Vec<_> =
        problem["errors"].as_array().expect("kinds").iter().filter_map(|each| each["code"].as_str()).collect();
    assert_eq!((kinds, &problem["errors"][0]["field"]), (vec!["totp", "recovery_code"], &json!("code")));
    let (status, _, problem) = client.ask("POST", "/api/v1/sessions", Some(with(json!("000000")))).await;
    assert_eq!((status.as_u16(), &problem["code"]), (401, &json!("identity.bad_code")));
    let recovery = with(codes["recovery_codes"][0].clone());
    let (status, _, tokens) = client.ask("POST", "/api/v1/sessions", Some(recovery)).await;
    assert_eq!((status, &tokens["lacks_factor"]), (StatusCode::CREATED, &json!(false)));
    assert_ne!(tokens["session_id"], first["session_id"]);
    let mut planted = with(codes["recovery_codes"][1].clone());
    planted["session_id"] = first["session_id"].clone();
    let (status, _, _) = client.ask("POST", "/api/v1/sessions", Some(planted)).await;
    assert_eq!(status.as_u16(), 422, "nobody brings a session of theirs to sign in to");

    let (path, body) = ("/api/v1/workspaces/current/second-factor", json!({ "required": true }));
    let (status, _, required) = client.ask("PUT", path, Some(body)).await;
    assert_eq!((status, required), (StatusCode::OK, json!({ "required": true })));
    assert_eq!(client.ask("GET", "/api/v1/members", None).await.0.as_u16(), 403, "the first session showed a password");
    client.token = Some(tokens["access_token"].as_str().expect("a token").to_owned());
    assert_eq!(client.ask("GET", "/api/v1/members", None).await.0, StatusCode::OK);
    let (status, _, problem) = client.ask("POST", "/api/v1/me/totp/remove", Some(password.clone())).await;
    assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("identity.factor_required")));
    assert_eq!(client.ask("PUT", path, Some(json!({ "required": false }))).await.0, StatusCode::OK);
    let (status, _, made) = client.ask("POST", "/api/v1/me/recovery-codes", Some(password.clone())).await;
    assert_eq!((status, made["recovery_codes"].as_array().map(Vec::len)), (StatusCode::CREATED, Some(10)));
    assert_eq!(client.ask("POST", "/api/v1/me/totp/remove", Some(password.clone())).await.0, StatusCode::NO_CONTENT);
    client.sign_in().await;
    let (status, _, problem) = client.ask("POST", "/api/v1/me/passkeys/options", Some(password)).await;
    assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("identity.passkeys_off")), "127.0.0.1 is no name");
    let (status, _, problem) =
        client.ask("POST", "/api/v1/users/sign-up", Some(json!({ "email": "eve@example.com" }))).await;
    assert_eq!((status.as_u16(), &problem["code"]), (403, &json!("identity.sign_up_closed")));
}

async fn an_audit_is_exported_line_by_line(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let mut client = Client::of(&house);
    client.sign_in().await;
    let (status, headers, text) = client.ask("GET", "/api/v1/audit/export", None).await;
    assert_eq!(
        (status, &headers[header::CONTENT_TYPE]),
        (StatusCode::OK, &"application/x-ndjson".parse().expect("a value"))
    );
    let lines = text.as_str().expect("text").lines();
    let actions: Vec<String> = lines
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|entry| entry["action"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(actions, ["set_up", "sign_in", "export_audit"]);
}

#[tokio::test]
async fn every_operation_says_who_may_and_is_described() {
    let house = House::new(testkit::memory().await).await;
    let operations = identity_http::operations(&house.identity);
    let ids: BTreeSet<_> = operations.iter().map(http_edge::Operation::id).collect();
    assert_eq!(ids.len(), operations.len(), "names differ");
    let about = About { title: "Gray Ghost", version: "0", description: "" };
    let document = http_edge::document(about, &operations);
    let public: Vec<_> =
        operations.iter().filter(|each| each.access() == Access::Public).map(http_edge::Operation::id).collect();
    let expected = [
        "sign_in",
        "refresh_session",
        "start_browser_session",
        "refresh_browser_session",
        "end_browser_session",
        "list_sso_providers",
        "start_sso",
        "finish_sso",
        "request_password_reset",
        "reset_password",
        "verify_email",
        "set_up",
        "jwks",
        "request_sign_up",
        "sign_up",
        "start_passkey_sign_in",
        "sign_in_with_passkey",
        "accept_invitation",
    ];
    assert_eq!(public, expected, "nothing else is for anybody");
    for each in &operations {
        let described = &document["paths"][each.path()][each.method().as_str().to_ascii_lowercase()];
        assert!(described["summary"].as_str().is_some_and(|text| !text.is_empty()), "{each:?}");
        assert!(described["description"].as_str().is_some_and(|text| text.ends_with('.')), "{each:?}");
    }
}
