//! The description of operations.

use axum::http::StatusCode;
use http_edge::{About, Access, Field, Kind, List, Operation, document};
use kernel::Permission;
use schemars::JsonSchema;
use serde_json::{Value, json};

const ABOUT: About = About { title: "Made up", version: "1.0.0", description: "" };

#[derive(JsonSchema)]
#[expect(dead_code, reason = "its schema is what counts")]
struct Thing {
    /// Its name.
    name: String,
    inner: Option<Box<Thing>>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "its schema is what counts")]
struct Search {
    /// What to look for.
    filter: Option<String>,
    limit: u32,
}

fn operations() -> Vec<Operation> {
    vec![
        Operation::get("list_things", "/api/v1/things", Access::Needs(Permission::EventsRead))
            .about("Things", "All of them.")
            .query::<Search>()
            .answers::<List<Thing>>(StatusCode::OK)
            .by(async || "", &()),
        Operation::post("add_thing", "/api/v1/things", Access::SignedIn)
            .about("A thing more", "")
            .body::<Thing>()
            .answers::<Thing>(StatusCode::CREATED)
            .by(async || "", &()),
        Operation::post("make_key", "/api/v1/keys", Access::SignedIn).secret().by(async || "", &()),
        Operation::put("put_thing", "/api/v1/things/{thing_id}/parts/{name}", Access::Public)
            .takes_version()
            .body::<Thing>()
            .by(async || "", &()),
        Operation::get("export", "/api/v1/exports", Access::Public).answers_as("text/csv").by(async || "", &()),
    ]
}

/// All references of a document.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str().filter(|_| name == "$ref") {
                    Some(reference) => found.push(reference),
                    None => references(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn a_document_says_who_may_what_is_taken_and_what_is_given() {
    let document = document(ABOUT, &operations());
    assert_eq!(document["openapi"], "3.1.0");
    let list = &document["paths"]["/api/v1/things"]["get"];
    assert_eq!(
        (list["operationId"].as_str(), list["x-permission"].as_str()),
        (Some("list_things"), Some("events:read"))
    );
    assert_eq!((list["tags"][0].as_str(), list["summary"].as_str()), (Some("things"), Some("Things")));
    assert_eq!(list["security"], json!([{ "bearer": [] }, { "session": [] }]));
    let parameters = list["parameters"].as_array().expect("parameters");
    assert_eq!(parameters.len(), 2);
    assert_eq!((parameters[0]["name"].as_str(), parameters[0]["required"].as_bool()), (Some("filter"), Some(false)));
    assert_eq!(
        (parameters[0]["schema"]["type"].as_str(), parameters[0]["description"].as_str()),
        (Some("string"), Some("What to look for."))
    );
    assert_eq!(parameters[1]["required"], true);
    let header = |path: &str, method: &str| {
        let all = document["paths"][path][method]["parameters"].as_array().cloned().unwrap_or_default();
        all.iter()
            .filter(|each| each["in"] == "header")
            .filter_map(|each| each["name"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(header("/api/v1/things", "post"), ["Idempotency-Key"]);
    assert!(header("/api/v1/keys", "post").is_empty(), "a secret is not kept");
    assert_eq!(header("/api/v1/things/{thing_id}/parts/{name}", "put"), ["If-Match"]);
    let parts = &document["paths"]["/api/v1/things/{thing_id}/parts/{name}"]["put"]["parameters"];
    assert_eq!(
        (parts[0]["schema"]["format"].as_str(), parts[1]["schema"]["minLength"].as_i64()),
        (Some("uuid"), Some(1))
    );
    assert_eq!(
        document["paths"]["/api/v1/exports"]["get"]["responses"]["200"]["content"]["text/csv"]["schema"]["type"],
        "string"
    );
    assert!(document["paths"]["/api/v1/keys"]["post"]["responses"]["204"].get("content").is_none());
}

#[test]
fn every_reference_leads_somewhere_and_the_same_operations_give_the_same_bytes() {
    let document = document(ABOUT, &operations());
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 5, "{found:?}");
    for reference in found {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    assert_eq!(document.to_string(), http_edge::document(ABOUT, &operations()).to_string());
    assert!(!document.to_string().contains("$schema"));
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "its schema is what counts")]
struct Asking {
    filter: Option<String>,
    sort: Option<String>,
    fields: Option<String>,
}

#[test]
fn a_list_names_its_fields_and_a_stream_its_events() {
    static FIELDS: [Field; 2] = [Field::new("name", Kind::Text).sorts(), Field::shown("inner")];
    let operations = [
        Operation::get("list_things", "/api/v1/things", Access::Public)
            .query::<Asking>()
            .lists(&FIELDS)
            .answers::<List<Thing>>(StatusCode::OK)
            .by(async || "", &()),
        Operation::get("watch_things", "/api/v1/things/watched", Access::Public)
            .streams::<Thing>()
            .by(async || "", &()),
    ];
    assert_eq!(operations.each_ref().map(Operation::is_stream), [false, true]);
    let document = document(ABOUT, &operations);
    let list = &document["paths"]["/api/v1/things"]["get"];
    let told = |name: &str| {
        let all = list["parameters"].as_array().expect("parameters");
        all.iter()
            .find(|each| each["name"] == name)
            .and_then(|each| each["description"].as_str())
            .expect("told")
            .to_owned()
    };
    assert!(told("filter").ends_with("Fields:\n- `name`: text"), "{}", told("filter"));
    assert!(told("sort").ends_with(": `name`."), "{}", told("sort"));
    assert!(told("fields").ends_with(": `name`, `inner`."), "{}", told("fields"));
    let item = &list["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["items"]["items"];
    assert_eq!((item["properties"]["name"]["type"].as_str(), &item["required"]), (Some("string"), &Value::Null));
    let content =
        &document["paths"]["/api/v1/things/watched"]["get"]["responses"]["200"]["content"]["text/event-stream"];
    assert_eq!(content["x-event"]["$ref"], "#/components/schemas/Thing");
    assert_eq!(document["components"]["schemas"]["Thing"]["required"], json!(["name"]), "a whole one has its name");
}
