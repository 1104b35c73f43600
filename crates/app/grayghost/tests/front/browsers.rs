//! The session of a browser: cookies from signing in to signing out.

use serde_json::{Value, json};

use crate::{
    client::{Client, GENEROUS, GOOD, Got, account},
    server::{Server, Shop},
};

const HERE: &str = "/api/v1/browser-sessions";

/// Name, value and attributes of the cookies that an answer sets.
fn cookies(got: &Got) -> Vec<(String, String, String)> {
    let lines = got.head.lines().filter_map(|line| line.split_once(": "));
    let set = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).map(|(_, cookie)| cookie);
    set.map(|cookie| {
        let (pair, rest) = cookie.split_once("; ").expect("attributes");
        let (name, value) = pair.split_once('=').expect("a pair");
        (name.to_owned(), value.to_owned(), rest.to_owned())
    })
    .collect()
}

/// What a browser keeps of a server.
struct Browser {
    client: Client,
    session: String,
    refresh: String,
}

impl Browser {
    fn start(server: &Server) -> Self {
        let client = Client::stranger(server);
        let tokens = client.post("/api/v1/sessions", &json!({ "email": "ann@example.com", "password": GOOD }));
        let tokens = tokens.with(201).json();
        let started = client.post(HERE, &json!({ "refresh_token": tokens["refresh_token"] })).with(201);
        let [(_, session, _), (_, refresh, _)] = &*cookies(&started) else { panic!("two cookies: {started:?}") };
        assert!(!started.body.contains(session.as_str()) && !started.body.contains(refresh.as_str()), "{started:?}");
        assert_ne!(&json!(session), &tokens["access_token"], "what scripts have seen is not what the cookie holds");
        Self { client, session: session.clone(), refresh: refresh.clone() }
    }

    /// A request with the session's cookie.
    fn send(&self, method: &str, path: &str, body: Option<&Value>, csrf: Option<&str>) -> Got {
        let mut kept = format!("grayghost_session={}", self.session);
        let mut headers = Vec::new();
        if let Some(csrf) = csrf {
            kept += &format!("; grayghost_csrf={csrf}");
            headers.push(("X-CSRF-Token", csrf));
        }
        headers.push(("Cookie", &kept));
        self.client.send(method, path, body, &headers).expect("an answer")
    }

    /// A request to the paths of browsers' sessions, after the other cookie is over.
    fn later(&self, method: &str, path: &str) -> Got {
        let kept = format!("grayghost_refresh={}", self.refresh);
        self.client.send(method, path, None, &[("Cookie", &kept)]).expect("an answer")
    }
}

#[test]
fn a_browser_reads_by_its_cookie_writes_with_proof_and_is_out_after_signing_out() {
    let shop = Shop::new();
    account(&shop, &["ann@example.com"]);
    let server = shop.serve(GENEROUS);
    let mut browser = Browser::start(&server);

    let me = browser.send("GET", "/api/v1/me", None, None).with(200);
    assert_eq!(me.json()["email"], "ann@example.com");
    let [(name, csrf, _)] = &*cookies(&me) else { panic!("one cookie: {me:?}") };
    assert_eq!(name, "grayghost_csrf");
    let key = json!({ "name": "nightly", "role": "viewer" });
    let refused = browser.send("POST", "/api/v1/api-keys", Some(&key), None).with(403);
    assert_eq!(refused.json()["code"], "gateway.csrf");
    browser.send("POST", "/api/v1/api-keys", Some(&key), Some(csrf)).with(201);
    let asked = json!({ "query": "{ me { email } }" });
    assert_eq!(browser.send("POST", "/graphql", Some(&asked), None).with(403).json()["code"], "gateway.csrf");
    let told = browser.send("POST", "/graphql", Some(&asked), Some(csrf)).with(200).json();
    assert_eq!(told["data"]["me"]["email"], "ann@example.com");

    let renewed = browser.later("POST", "/api/v1/browser-sessions/refresh").with(200);
    let set = cookies(&renewed);
    assert_eq!(set.len(), 2, "{renewed:?}");
    for ((name, value, attributes), (expected, path)) in
        set.iter().zip([("grayghost_session", "/"), ("grayghost_refresh", HERE)])
    {
        assert_eq!(name, expected);
        let (path, rest) = (format!("Path={path}; Max-Age="), "; HttpOnly; SameSite=Strict");
        assert!(attributes.starts_with(&path) && attributes.ends_with(rest) && !value.is_empty(), "{attributes}");
    }
    (browser.session, browser.refresh) = (set[0].1.clone(), set[1].1.clone());
    browser.send("GET", "/api/v1/me", None, None).with(200);

    let left = browser.later("DELETE", HERE).with(204);
    assert!(cookies(&left).iter().all(|(_, value, rest)| value.is_empty() && rest.contains("Max-Age=0;")), "{left:?}");
    browser.send("GET", "/api/v1/me", None, None).with(401);
    for code in [browser.later("POST", "/api/v1/browser-sessions/refresh"), without(&browser)] {
        assert_eq!(code.with(401).json()["code"], "identity.session_ended");
    }
    browser.later("DELETE", HERE).with(204);
}

/// A refresh by a browser that has no cookie.
fn without(browser: &Browser) -> Got {
    browser.client.send("POST", "/api/v1/browser-sessions/refresh", None, &[]).expect("an answer")
}

#[test]
fn a_form_of_another_site_signs_nobody_in() {
    let shop = Shop::new();
    account(&shop, &["ann@example.com"]);
    let server = shop.serve(GENEROUS);
    let client = Client::stranger(&server);
    let tokens = client.post("/api/v1/sessions", &json!({ "email": "ann@example.com", "password": GOOD })).json();
    let body = json!({ "refresh_token": tokens["refresh_token"] }).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let refused = client.send_text("POST", HERE, Some((kind, &body)), &[]).expect("an answer");
        assert!(refused.status == 415 && cookies(&refused).is_empty(), "{kind}: {refused:?}");
    }
}
