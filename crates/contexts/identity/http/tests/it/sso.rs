//! Signing in by `oidc-provider`, a provider that is not ours, as a browser would.

use std::{collections::BTreeMap, sync::Arc};

use axum::http::StatusCode;
use identity::{OidcSettings, Sso};
use kernel::Clock as _;
use outbound::{Call, Method, Outbound, OutboundSettings, header};
use serde_json::{Value, json};
use testkit::{Place, Program};

use crate::{
    house::{GOOD, House},
    http::Client,
};

testkit::on_both!(a_person_signs_in_by_a_real_provider);

const SCRIPT: &str = include_str!("../../../../../../tools/servers/oidc.js");
const BACK: &str = "https://gg.example.com/sso/real";
const SECRET: &str = "what the provider gave us: 100% & more";

/// A browser of one person: it keeps cookies and fills forms.
struct Browser {
    outbound: Outbound,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn ask(&mut self, method: Method, url: &str, form: &str) -> (u16, Option<String>, String) {
        let mut call = Call { method, body: form.to_owned().into(), ..Call::get(url.parse().expect("a URL")) };
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        call.headers.insert(header::COOKIE, cookies.join("; ").parse().expect("a header"));
        call.headers.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().expect("a header"));
        let base = call.url.clone();
        let answer = self.outbound.send(call).await.expect("answered");
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().expect("text").split_once('=').expect("a cookie");
            self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned());
        }
        let next = answer.headers.get(header::LOCATION).map(|to| base.join(to.to_str().expect("text")).expect("a URL"));
        (answer.status.as_u16(), next.map(String::from), String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// Signs in at the provider and agrees; gives the query by which it sends the person back.
    async fn sign_in(&mut self, url: &str, login: &str) -> BTreeMap<String, String> {
        let mut url = url.to_owned();
        for _ in 0..12 {
            if let Some(query) = url.strip_prefix(&format!("{BACK}?")) {
                let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                return pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
            }
            let (status, next, page) = self.ask(Method::GET, &url, "").await;
            let next = if let Some(next) = next {
                next
            } else {
                assert_eq!(status, 200, "{page}");
                let action = page.split_once("action=\"").expect("a form").1.split('"').next().expect("an end");
                let form = if page.contains("name=\"login\"") {
                    format!("prompt=login&login={login}&password=any")
                } else {
                    "prompt=consent".to_owned()
                };
                self.ask(Method::POST, action, &form).await.1.expect("on it goes")
            };
            url = next;
        }
        panic!("the provider goes round in circles: {url}");
    }
}

/// The few characters that the provider encodes.
fn decoded(value: &str) -> String {
    value.replace("%3A", ":").replace("%2F", "/")
}

struct Rig {
    client: Client,
    browser: Browser,
    _program: Program,
}

impl Rig {
    fn new(house: &House) -> Option<Self> {
        let program = Program::start(SCRIPT, &json!({ "redirect": BACK, "secret": SECRET }))?;
        // The provider lives in the present.
        let behind = kernel::SystemClock.now().0 - house.app.log.source().now().0;
        house.app.clock.advance_micros(behind);
        let guard = OutboundSettings {
            allow: vec!["127.0.0.1/32".to_owned()],
            allow_http: true,
            max_redirects: 0,
            ..OutboundSettings::default()
        };
        let outbound = Outbound::new(guard).expect("made");
        let issuer = format!("http://127.0.0.1:{}", program.port);
        let settings = OidcSettings {
            title: Some("The real one".to_owned()),
            client_secret: Some(SECRET.to_owned().into()),
            ..OidcSettings::new("real", &issuer, "grayghost")
        };
        let sso = Sso::new(&[settings], &outbound, "https://gg.example.com").expect("made");
        let client = Client::at(&Arc::new(house.identity.as_ref().clone().with_sso(sso)));
        Some(Self { client, browser: Browser { outbound, cookies: BTreeMap::new() }, _program: program })
    }

    /// Goes to the provider as `login` and comes back.
    async fn come(&mut self, login: &str) -> (StatusCode, Value) {
        let (status, _, started) = self.client.ask("POST", "/api/v1/sso/real/start", Some(json!({}))).await;
        assert_eq!(status, StatusCode::CREATED, "{started}");
        let url = started["authorization_url"].as_str().expect("a URL");
        self.browser.cookies.clear();
        let mut back = self.browser.sign_in(url, login).await;
        assert_eq!(back["state"], started["state"].as_str().expect("a text"));
        let finish = json!({
            "state": back.remove("state"), "code": back.remove("code"), "iss": back.remove("iss"), "verifier": started["verifier"],
        });
        let (status, _, answer) = self.client.ask("POST", "/api/v1/sso/real/finish", Some(finish.clone())).await;
        let (again, _, problem) = self.client.ask("POST", "/api/v1/sso/real/finish", Some(finish)).await;
        assert_eq!((again, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("identity.bad_state")));
        (status, answer)
    }
}

async fn a_person_signs_in_by_a_real_provider(place: Place) {
    let house = House::new(place).await;
    let Some(mut rig) = Rig::new(&house) else { return };
    house.set_up("ann@example.com").await;
    let (_, _, providers) = rig.client.ask("GET", "/api/v1/sso", None).await;
    assert_eq!(providers, json!({ "items": [{ "provider": "real", "title": "The real one" }], "next_cursor": null }));
    let (status, tokens) = rig.come("ann").await;
    assert_eq!((status, &tokens["token_type"]), (StatusCode::CREATED, &json!("Bearer")), "{tokens}");
    rig.client.token = Some(tokens["access_token"].as_str().expect("a token").to_owned());
    let (_, _, me) = rig.client.ask("GET", "/api/v1/me", None).await;
    assert_eq!((&me["email"], &me["role"]), (&json!("ann@example.com"), &json!("owner")));
    let (status, _, links) = rig.client.ask("GET", "/api/v1/me/identities", None).await;
    assert_eq!((status, &links["items"][0]["provider"]), (StatusCode::OK, &json!("real")));
    let path = format!("/api/v1/me/identities/{}", links["items"][0]["identity_id"].as_str().expect("an id"));
    assert_eq!(rig.client.ask("DELETE", &path, None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(rig.client.ask("DELETE", &path, None).await.0, StatusCode::NOT_FOUND);
    for (login, expected) in [("ann%2Bunverified", "identity.no_verified_email"), ("nobody", "identity.no_account")] {
        let (status, problem) = rig.come(login).await;
        assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!(expected)), "{login}");
    }
    let (status, _, problem) = rig.client.ask("POST", "/api/v1/sso/none/start", Some(json!({}))).await;
    assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("identity.no_such_provider")));
    house.sign_in("ann@example.com", GOOD).await.expect("the password still opens");
}
