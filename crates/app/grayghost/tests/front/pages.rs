//! The page of signing in, in a browser: by password, by a provider that is not ours, and out again.

use std::{fs, net::TcpListener, time::Duration};

use serde_json::{Value, json};
use testkit::Program;

use crate::{
    client::{Client, GENEROUS, GOOD, account},
    server::{Server, Shop, until},
};

const PROVIDER: &str = include_str!("../../../../../tools/servers/oidc.js");
const BROWSER: &str = include_str!("../../../../../tools/servers/browser.js");
const SECRET: &str = "what the provider gave us";
/// A browser starts, and a machine may be busy.
const STEP: Duration = Duration::from_mins(2);

/// An address that is free, for links that are written before the server listens.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("an address").to_string()
}

#[track_caller]
fn next(browser: &Program) -> Value {
    browser.line(STEP).expect("the browser goes on")
}

/// Ann shows that the address is hers: only then a provider's word is enough.
fn verify(shop: &Shop, server: &Server) {
    let ann = Client::signed_in(server, "ann@example.com", None);
    ann.send("POST", "/api/v1/me/email-verification", None, &[]).expect("an answer").with(204);
    let token = until("the mail", || {
        let mut mails = fs::read_dir(shop.path(".grayghost/outbox")).ok()?.filter_map(Result::ok);
        let mail =
            mails.find_map(|mail| fs::read_to_string(mail.path()).ok().filter(|text| text.contains("#token=")))?;
        mail.split_once("#token=").and_then(|(_, rest)| rest.split_whitespace().next()).map(str::to_owned)
    });
    ann.post("/api/v1/email-verifications", &json!({ "token": token })).with(204);
}

#[test]
fn a_person_signs_in_at_the_page_by_password_and_by_a_provider_and_out() {
    let (listen, shop) = (free(), Shop::new());
    let redirect = format!("http://{listen}/sso/real");
    let Some(provider) = Program::start(PROVIDER, &json!({ "redirect": redirect, "secret": SECRET })) else { return };
    let settings = format!(
        "[[identity.oidc]]\nname = \"real\"\ntitle = \"The real one\"\nissuer = \"http://127.0.0.1:{}\"\nclient_id = \"grayghost\"\n\
         client_secret = \"{SECRET}\"\n\n[outbound]\nallow = [\"127.0.0.1\"]\nallow_http = true\n",
        provider.port
    );
    fs::write(shop.path("grayghost.toml"), settings).expect("written");
    account(&shop, &["ann@example.com"]);
    let server = shop.serve(&[GENEROUS, &["--listen", &listen]].concat());
    verify(&shop, &server);
    let wanted =
        json!({ "base": format!("http://{listen}"), "email": "ann@example.com", "password": GOOD, "login": "ann" });
    let browser = Program::start(BROWSER, &wanted).expect("what the provider needs is there");

    let refused = next(&browser);
    if refused["missing"] == "chromium" {
        testkit::skipped("needs Chromium");
        return;
    }
    let told = refused["result"].as_str().unwrap_or_default();
    assert!(refused["step"] == "refused" && told.contains("password"), "{refused}");
    for step in ["password", "reloaded", "renewed"] {
        let seen = next(&browser);
        assert_eq!(seen["step"], step, "{seen}");
        assert_eq!(seen["who"], "ann (ann@example.com), owner of the workspace default.", "{seen}");
        assert_eq!((&seen["readable"], &seen["stored"]), (&json!(["grayghost_csrf"]), &json!(0)), "{seen}");
    }
    let left = next(&browser);
    assert_eq!((&left["step"], &left["result"]), (&json!("left"), &json!("You are signed out.")), "{left}");
    let by_provider = next(&browser);
    assert_eq!((&by_provider["step"], &by_provider["stored"]), (&json!("provider"), &json!(0)), "{by_provider}");
    assert_eq!((&by_provider["path"], &by_provider["readable"]), (&json!("/sign-in"), &json!(["grayghost_csrf"])));
    assert!(by_provider["who"].as_str().is_some_and(|who| who.contains("(ann@example.com)")), "{by_provider}");
    let forged = next(&browser);
    assert_eq!((&forged["step"], &forged["path"]), (&json!("forged"), &json!("/sso/real")), "{forged}");
    assert!(forged["result"].as_str().is_some_and(|told| told.contains("not begun in this tab")), "{forged}");
    assert_eq!(next(&browser), json!({ "complaints": [] }));
}
