//! Two workspaces, every operation: nothing of the one is seen or changed from the other.
//!
//! What the parts of paths stand for is one table, [`part`]: a new part that nobody has put into it fails the test.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    client::{Client, GENEROUS, account},
    server::{Shop, until},
};

/// Every id in an answer.
fn ids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| ids(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| ids(field, found)),
        _ => {}
    }
}

/// An id of the first workspace for a part of a path; `None` where nobody has said what it stands for.
fn part(world: &World, name: &str) -> Option<String> {
    let first = |path: &str, field: &str| {
        let list = world.ann.get(path).with(200).json();
        list["items"][0][field].as_str().map(str::to_owned)
    };
    match name {
        "asset" => Some("gold.dim_customer".to_owned()),
        "job_id" => first("/api/v1/jobs", "id"),
        "event_id" => first("/api/v1/events", "id"),
        "key_id" => first("/api/v1/api-keys", "key_id"),
        "invitation_id" => first("/api/v1/invitations", "invitation_id"),
        "session_id" => first("/api/v1/sessions", "session_id"),
        "user_id" => Some(world.bob.clone()),
        "role" => Some("guard".to_owned()),
        // None of the first workspace has one here; the tests of their crates make some.
        "run_id" | "identity_id" | "passkey_id" => Some("0199a3c0-0000-7000-8000-000000000001".to_owned()),
        "subscriber" | "provider" => Some("nobody".to_owned()),
        _ => None,
    }
}

struct World {
    ann: Client,
    eve: Client,
    /// A member of the first workspace only.
    bob: String,
}

impl World {
    fn new(shop: &Shop, server: &crate::server::Server) -> Self {
        let ann = Client::signed_in(server, "ann@example.com", None);
        let bob = account(shop, &["bob@example.com"]);
        ann.post("/api/v1/invitations", &json!({ "email": "guest@example.com", "role": "viewer" })).with(201);
        ann.post("/api/v1/api-keys", &json!({ "name": "reader", "role": "viewer" })).with(201);
        let role = json!({ "permissions": ["jobs:read"] });
        assert!(ann.send("PUT", "/api/v1/roles/guard", Some(&role), &[]).expect("an answer").status < 300);
        // Its maker is the only one who is in both.
        account(shop, &["zoe@example.com", "--role", "owner"]);
        let zoe = Client::signed_in(server, "zoe@example.com", None);
        zoe.post("/api/v1/workspaces", &json!({ "name": "other" })).with(201);
        account(shop, &["eve@example.com", "--role", "owner", "--workspace", "other"]);
        Self { ann, eve: Client::signed_in(server, "eve@example.com", None), bob }
    }
}

fn operations(shop: &Shop) -> Vec<(String, String)> {
    let document = shop.ask(&["openapi"]).ends_with(0).json();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        found.extend(methods.as_object().expect("methods").keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    found
}

#[test]
fn nothing_of_a_workspace_is_seen_or_changed_from_another() {
    let shop = Shop::new();
    account(&shop, &["ann@example.com"]);
    let server = shop.serve(GENEROUS);
    let world = World::new(&shop, &server);
    until("the mail was sent", || {
        let jobs = world.ann.get("/api/v1/jobs").with(200).json();
        let is_done = |job: &Value| job["state"] == "succeeded";
        jobs["items"].as_array().is_some_and(|items| items.iter().any(is_done)).then_some(())
    });
    let all = operations(&shop);
    let seen = |client: &Client| {
        let lists = all.iter().filter(|(method, path)| method == "GET" && !path.contains('{'));
        let answers = lists.map(|(_, path)| (path.clone(), client.get(path)));
        let answers = answers.filter(|(_, got)| got.status == 200 && got.body.starts_with('{'));
        answers
            .map(|(path, got)| {
                let mut found = BTreeSet::new();
                // One document, or one a line.
                let values = serde_json::Deserializer::from_str(&got.body).into_iter::<Value>();
                values.for_each(|value| ids(&value.expect("JSON"), &mut found));
                (path, found)
            })
            .collect::<BTreeMap<_, _>>()
    };
    let (of_ann, of_eve) = (seen(&world.ann), seen(&world.eve));
    // What anybody sees, such as the ids of public keys, is nobody's.
    let of_all: BTreeSet<String> = seen(&Client::stranger(&server)).into_values().flatten().collect();
    let zoe = |id: &&String| of_eve.get("/api/v1/members").is_some_and(|members| members.contains(*id));
    let ours: BTreeSet<&String> = of_ann.values().flatten().filter(|id| !zoe(id) && !of_all.contains(*id)).collect();
    assert!(ours.len() > 10, "{ours:?}");
    for (path, found) in &of_eve {
        let leaked: Vec<_> = found.iter().filter(|id| ours.contains(id)).collect();
        assert!(leaked.is_empty(), "{path} shows {leaked:?}");
    }

    for (method, path) in all.iter().filter(|(_, path)| path.contains('{')) {
        let parts = path.split('/').map(|each| match each.strip_prefix('{').and_then(|each| each.strip_suffix('}')) {
            Some(name) => part(&world, name).unwrap_or_else(|| panic!("say in `part` what `{name}` of {path} is")),
            None => each.to_owned(),
        });
        let filled = parts.collect::<Vec<_>>().join("/");
        let body = (method != "GET").then(|| json!({ "role": "viewer", "permissions": [] }));
        let got = world.eve.send(method, &filled, body.as_ref(), &[]).expect("an answer");
        // Her own role of the same name is hers.
        let is_hers = path == "/api/v1/roles/{role}" && method == "PUT";
        assert!(is_hers || (400..500).contains(&got.status), "{method} {path}: {got:?}");
        let mut found = BTreeSet::new();
        if let Ok(answer) = serde_json::from_str(&got.body) {
            ids(&answer, &mut found);
        }
        let asked: BTreeSet<&str> = filled.split('/').collect();
        let leaked: Vec<_> = found.iter().filter(|id| ours.contains(id) && !asked.contains(id.as_str())).collect();
        assert!(leaked.is_empty(), "{method} {path} shows {leaked:?}");
    }
    assert_eq!(seen(&world.ann).keys().collect::<Vec<_>>(), of_ann.keys().collect::<Vec<_>>());
    for path in ["/api/v1/api-keys", "/api/v1/invitations", "/api/v1/members", "/api/v1/roles"] {
        assert!(of_ann[path].is_subset(&seen(&world.ann)[path]), "{path} lost something");
    }
}
