//! What lists say of mistakes and in the API's description, and that what they do not show is no field of theirs.

use axum::http::StatusCode;
use http_edge::{About, document};
use kernel::Cursor;
use serde_json::{Value, json};

use crate::lists::Rig;

/// Paths of all lists, with the schema of their items.
const LISTS: [(&str, &str); 9] = [
    ("/api/v1/members", "Member"),
    ("/api/v1/api-keys", "ApiKey"),
    ("/api/v1/invitations", "Invitation"),
    ("/api/v1/roles", "Role"),
    ("/api/v1/workspaces", "Workspace"),
    ("/api/v1/sessions", "Session"),
    ("/api/v1/audit", "AuditEntry"),
    ("/api/v1/me/identities", "LinkedIdentity"),
    ("/api/v1/me/passkeys", "Passkey"),
];

/// Columns of their tables, and members of their facts, that no answer shows.
const HIDDEN: [&str; 10] =
    ["hash", "secret", "password", "seed", "generation", "device", "email_tag", "tag", "payload", "key"];

async fn is_refused(rig: &Rig, (path, field): (&str, &str), (given, message): (&str, &str)) {
    let (status, problem) = rig.ask(path, &[(field, given)]).await;
    let told = (status, problem["code"].as_str(), problem["errors"][0]["field"].as_str());
    let expected = (StatusCode::UNPROCESSABLE_ENTITY, Some("http.bad_parameter"), Some(field));
    assert_eq!(told, expected, "{path}?{field}={given}: {problem}");
    let said = problem["errors"][0]["message"].as_str().expect("a text");
    assert!(said.starts_with(message), "{path}?{field}={given}: {said}");
}

#[tokio::test]
async fn a_mistake_is_told_with_its_place() {
    let rig = Rig::new(testkit::memory().await).await;
    for (path, field, given, message) in [
        ("members", "filter", "colour=red", "at character 1: `colour` is not a field here; use `user_id`, `email`"),
        ("members", "filter", "role=viewer AND active=yes", "at character 24: `active` is compared with `true` or"),
        ("members", "sort", "-name", "at character 1: `name` is not a field here; use `since`"),
        ("api-keys", "filter", "issued_at>yesterday", "at character 11: `issued_at` is compared with time"),
        ("api-keys", "sort", "issued_at,name", "at character 11: `name` is not a field here; use `issued_at`"),
        ("invitations", "fields", "email,token", "at character 7: `token` is not a field here"),
        ("invitations", "sort", "email", "at character 1: `email` is not a field here; use `expires_at`"),
        ("sessions", "filter", "(agent:curl", "at character 1: this `(` is not closed"),
        ("sessions", "sort", "used_at", "at character 1: `used_at` is not a field here; use `created_at`"),
        ("audit", "filter", "outcome=lost", "at character 9: `outcome` is compared with one of `done`, `refused`"),
        ("audit", "sort", "at", "at character 1: `at` is not a field here; use `entry_id`"),
        ("me/identities", "sort", "provider", "at character 1: `provider` is not a field here; use `linked_at`"),
        ("me/passkeys", "filter", "name", "at character 5: `name` is compared with nothing"),
        ("roles", "filter", "permissions=x", "at character 12: `permissions` cannot be compared by `=`"),
        ("roles", "sort", "permissions", "at character 1: `permissions` is not a field here; use `role`, `built_in`"),
        ("workspaces", "sort", "name,name", "at character 6: `name` is there twice"),
    ] {
        is_refused(&rig, (&format!("/api/v1/{path}"), field), (given, message)).await;
    }
}

#[tokio::test]
async fn what_is_not_shown_is_not_asked_for() {
    let rig = Rig::new(testkit::memory().await).await;
    for (path, _) in LISTS {
        for name in HIDDEN {
            let message = format!("at character 1: `{name}` is not a field here");
            is_refused(&rig, (path, "filter"), (&format!("{name}:*"), &message)).await;
            is_refused(&rig, (path, "sort"), (name, &message)).await;
            is_refused(&rig, (path, "fields"), (name, &message)).await;
        }
    }
}

/// From the start again, its page would repeat others.
#[tokio::test]
async fn a_cursor_that_holds_no_place_is_refused() {
    let rig = Rig::new(testkit::memory().await).await;
    for (path, list) in [
        ("members", "identity.list_members"),
        ("api-keys", "identity.list_keys"),
        ("invitations", "identity.list_invitations"),
        ("sessions", "identity.list_sessions"),
        ("audit", "identity.list_audit"),
        ("me/identities", "identity.list_linked_identities"),
    ] {
        for position in [&[7; 15][..], &[7; 25]] {
            let cursor = Cursor::new(list, position).to_string();
            let (status, problem) = rig.ask(&format!("/api/v1/{path}"), &[("cursor", &cursor)]).await;
            let expected = (StatusCode::UNPROCESSABLE_ENTITY, &json!("kernel.bad_cursor"));
            assert_eq!((status, &problem["code"]), expected, "{path}");
            assert!(problem["detail"].as_str().is_some_and(|text| text.contains("another release")), "{problem}");
        }
    }
}

#[tokio::test]
async fn the_description_of_a_list_names_the_fields_of_its_items() {
    let rig = Rig::new(testkit::memory().await).await;
    let operations = identity_http::operations(&rig.house.identity);
    let document = document(About { title: "test", version: "0", description: "" }, &operations);
    for (path, item) in LISTS {
        let list = &document["paths"][path]["get"];
        let parameters = list["parameters"].as_array().expect("parameters");
        let told = |name: &str| {
            let found = parameters.iter().find(|each| each["name"] == name).expect("it is described");
            found["description"].as_str().expect("a text")
        };
        let properties = document["components"]["schemas"][item]["properties"].as_object().expect("members");
        let names: Vec<String> = properties.keys().map(|name| format!("`{name}`")).collect();
        assert!(told("fields").ends_with(&format!(": {}.", names.join(", "))), "{item}: {names:?}");
        assert!(names.iter().all(|name| told("filter").contains(&format!("- {name}: "))), "{item}: {}", told("filter"));
        assert!(told("sort").contains("Fields to sort by"), "{item}");
        let given = &list["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["items"]["items"];
        assert_eq!((&given["required"], given["properties"].is_object()), (&Value::Null, true), "any may be left out");
    }
}
