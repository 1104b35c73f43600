//! Role × operation, cell by cell: what the committed table says is what the server does.

use serde_json::{Value, json};

use crate::{
    client::{Client, GENEROUS, account, key},
    server::Shop,
};

/// A path that leads to nothing, with every part filled in.
pub(crate) fn filled(path: &str) -> String {
    let part = |part: &str| {
        if part.starts_with('{') { "0199a3c0-0000-7000-8000-000000000001".to_owned() } else { part.to_owned() }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn every_cell_of_the_table_is_true() {
    let shop = Shop::new();
    account(&shop, &["ann@example.com"]);
    let server = shop.serve(GENEROUS);
    let matrix = shop.ask(&["permissions", "--format", "json"]).ends_with(0).json();
    let roles: Vec<String> = serde_json::from_value(matrix["roles"].clone()).expect("names");
    let callers: Vec<Client> = roles.iter().map(|role| Client::with(&server, &key(&shop, &["--role", role]))).collect();
    let rows = matrix["operations"].as_array().expect("rows");
    assert!(rows.len() > 50, "{}", rows.len());
    for row in rows {
        let (method, path) = (row["method"].as_str().expect("text"), row["path"].as_str().expect("text"));
        let ask = |caller: &Client| {
            // An empty body breaks every operation that takes one, after it was decided who may.
            let body = (method != "GET").then(|| json!({}));
            caller.send(method, &filled(path), body.as_ref(), &[]).expect("an answer")
        };
        let told = ask(&Client::stranger(&server));
        let may = row["stranger"].as_bool().expect("a flag");
        let is_refused = told.status == 401 && told.body.contains("http.nobody_known");
        assert_eq!(!is_refused, may, "stranger, {method} {path}: {told:?}");
        for (at, caller) in callers.iter().enumerate() {
            let told = ask(caller);
            let may = row["roles"][at].as_bool().expect("a flag");
            let is_refused = told.status == 403 && told.json()["code"] == "kernel.forbidden";
            assert_eq!(!is_refused, may, "{}, {method} {path}: {told:?}", roles[at]);
            assert!(told.status < 500, "{method} {path}: {told:?}");
        }
    }
}

#[test]
fn what_nobody_has_shown_who_they_are_for_is_refused_alike() {
    let shop = Shop::new();
    let server = shop.serve(GENEROUS);
    let refused = |bearer: &str| {
        let told = Client::with(&server, bearer).get("/api/v1/me").with(401).json();
        told["code"].as_str().map(str::to_owned)
    };
    assert_eq!(Client::stranger(&server).get("/api/v1/me").with(401).json()["code"], "http.nobody_known");
    for bearer in ["nonsense", "gg_nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        assert_eq!(refused(bearer).as_deref(), Some("identity.bad_token"), "{bearer}");
    }
    let told = Client::stranger(&server).get("/api/v1/no-such-thing").with(404).json();
    assert_eq!(told["code"], Value::from("http.no_route"));
}
