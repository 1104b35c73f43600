//! The verbs of operators, and the first start.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    client::{Client, GENEROUS, GOOD, account, key, typed},
    server::{Shop, until},
};

#[test]
fn the_first_start_prints_a_link_that_makes_one_owner() {
    let shop = Shop::new();
    let server = shop.serve(GENEROUS);
    let link =
        until("the link", || server.said().lines().find(|line| line.contains("/set-up#token=")).map(str::to_owned));
    let link = link.trim();
    assert!(link.starts_with(&format!("http://{}/set-up#", server.address)), "{link}");
    let stranger = Client::stranger(&server);
    assert!(stranger.get("/set-up").with(200).body.contains("account.js"));
    assert!(stranger.get("/account/account.js").with(200).body.contains("/api/v1/set-up"));

    let (_, token) = link.split_once("token=").expect("a token");
    let body = json!({ "token": token, "email": "ann@example.com", "name": "Ann", "password": GOOD });
    stranger.post("/api/v1/set-up", &body).with(201);
    assert_eq!(stranger.post("/api/v1/set-up", &body).with(422).json()["code"], "identity.bad_link");
    let me = Client::signed_in(&server, "ann@example.com", None).get("/api/v1/me").with(200).json();
    assert_eq!((&me["role"], &me["workspace"]), (&json!("owner"), &json!("default")));

    drop(server);
    let again = shop.serve(GENEROUS);
    assert!(!again.said().contains("set-up#"), "there is an owner");
}

#[test]
fn accounts_and_keys_of_the_command_line_are_taken_at_once() {
    let shop = Shop::new();
    account(&shop, &["ann@example.com"]);
    let server = shop.serve(GENEROUS);
    let ann = Client::signed_in(&server, "ann@example.com", None);
    assert_eq!(ann.get("/api/v1/me").json()["role"], "owner");

    // Beside the running server.
    account(&shop, &["bob@example.com"]);
    account(&shop, &["cid@example.com", "--role", "analyst"]);
    for (email, role) in [("bob@example.com", "viewer"), ("cid@example.com", "analyst")] {
        assert_eq!(Client::signed_in(&server, email, None).get("/api/v1/me").json()["role"], role);
    }
    // Openwall `crypt_blowfish` 1.3, wrapper.c: the hash of `U*U`.
    let hash = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    typed(&shop, &["users", "import", "dan@example.com", "--hash-stdin"], hash);
    let signed_in = json!({ "email": "dan@example.com", "password": "U*U" });
    Client::stranger(&server).post("/api/v1/sessions", &signed_in).with(201);
    let key = key(&shop, &["--role", "viewer", "--expires", "30d"]);
    assert!(key.starts_with("gg_") && !key.contains(char::is_whitespace), "{key}");
    let me = Client::with(&server, &key).get("/api/v1/me").with(200).json();
    assert!(me["who"].as_str().is_some_and(|who| who.starts_with("key:")), "{me}");

    let refused = shop.ask(&["users", "create", "ann@example.com"]).ends_with(4);
    assert!(refused.err.contains("identity.email_taken"), "{}", refused.err);
    for (words, code) in [
        (&["users", "create", "no-address"][..], "identity.bad_email"),
        (&["users", "import", "x@example.com", "--hash-stdin"], "identity.bad_hash"),
        (&["users", "create", "x@example.com", "--role", "king"], "identity.no_such_role"),
        (&["keys", "create", "--role", "king"], "identity.no_such_role"),
        (&["keys", "create", "--role", "viewer", "--workspace", "none"], "cli.unknown_workspace"),
        (&["keys", "create", "--role", "viewer", "--expires", "soon"], "cli.usage"),
    ] {
        let refused = shop.ask(words).ends_with(2);
        assert!(refused.err.contains(code) && refused.out.is_empty(), "{refused:?}");
    }
}

#[test]
fn a_key_is_of_the_workspace_that_was_named() {
    let shop = Shop::new();
    account(&shop, &["ann@example.com"]);
    let server = shop.serve(GENEROUS);
    let ann = Client::signed_in(&server, "ann@example.com", None);
    let made = ann.post("/api/v1/workspaces", &json!({ "name": "sales" })).with(201).json();
    let key = key(&shop, &["--role", "viewer", "--workspace", "sales"]);
    let me = Client::with(&server, &key).get("/api/v1/me").json();
    assert_eq!(me["workspace_id"], made["workspace_id"], "{me}");
}

#[test]
fn documents_of_the_api_are_as_committed_and_as_served() {
    let shop = Shop::new();
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/reference");
    let (openapi, permissions) = (shop.ask(&["openapi"]).ends_with(0).out, shop.ask(&["permissions"]).ends_with(0).out);
    let schema = shop.ask(&["openapi", "--graphql"]).ends_with(0).out;
    for (name, text) in [("openapi.json", &openapi), ("permissions.md", &permissions), ("schema.graphql", &schema)] {
        let path = reference.join(name);
        if std::env::var_os("WRITE_REFERENCE").is_some() {
            fs::write(&path, text).expect("written");
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == *text, "{name} is old: WRITE_REFERENCE=1 cargo test --release -p grayghost --test front");
    }
    let server = shop.serve(GENEROUS);
    let served: Value = Client::stranger(&server).get("/api/openapi.json").with(200).json();
    assert_eq!(served, serde_json::from_str::<Value>(&openapi).expect("JSON"));
    assert!(Client::stranger(&server).get("/api/docs").with(200).body.contains("reference.js"));
    assert_eq!(shop.ask(&["permissions", "--format", "json"]).ends_with(0).json()["roles"][0], "owner");
}

/// Makes of every sign-in in the log something else, behind the product's back.
const CHANGE: &str = "import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
done = db.execute(\"UPDATE events SET payload = CAST(replace(CAST(payload AS TEXT), 'sign_in', 'sign_ou') AS BLOB) WHERE stream LIKE 'identity.audit%'\")
db.commit()
print(done.rowcount)";

#[test]
fn the_audit_is_verified_and_one_that_was_changed_is_told() {
    let shop = Shop::new();
    account(&shop, &["ann@example.com"]);
    let server = shop.serve(GENEROUS);
    Client::signed_in(&server, "ann@example.com", None);
    let stranger = Client::stranger(&server);
    stranger.post("/api/v1/sessions", &json!({ "email": "ann@example.com", "password": "wrong" })).with(401);
    until("all is sealed and well", || {
        let report = shop.ask(&["audit", "verify", "--format", "json"]).ends_with(0).json();
        (report["entries"].as_u64() >= Some(2) && report["pending"] == 0).then_some(())
    });
    drop(server);
    let database = shop.path(".grayghost/grayghost.db");
    let changed =
        std::process::Command::new("python3").args(["-c", CHANGE]).arg(&database).output().expect("Python starts");
    let rows = String::from_utf8_lossy(&changed.stdout).trim().parse::<u64>();
    assert!(rows.as_ref().is_ok_and(|rows| *rows > 0), "{changed:?}");
    let told = shop.ask(&["audit", "verify"]).ends_with(1);
    assert!(told.out.contains("NOT WHAT WAS WRITTEN"), "{told:?}");
}
