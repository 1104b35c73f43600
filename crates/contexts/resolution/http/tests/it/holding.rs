//! Every operation by itself holds its caller to its permission, and describes itself.

use axum::http::Method;
use http_edge::{About, document};
use kernel::Permission;
use serde_json::{Value, json};

use crate::rig::{Rig, needed};

const ID: &str = "01a1fda1-bd4e-779c-9020-7128670cd6d6";

/// A body that is well-formed, where one is taken.
fn body(id: &str) -> Option<Value> {
    let task = json!({ "records": { "asset": "silver.people", "id": "key" } });
    match id {
        "start_resolution_run" => Some(task),
        "start_resolution_evaluation" => Some(json!({ "task": task, "truth": { "column": "truth" } })),
        "explain_resolution" => Some(json!({ "task": task, "record": "a001", "other": "b001" })),
        _ => None,
    }
}

#[tokio::test]
async fn nobody_and_who_lacks_the_permission_are_refused_by_each() {
    let rig = Rig::in_memory().await;
    assert_eq!(rig.operations.len(), 7);
    for operation in &rig.operations {
        let path = operation.path().replace("{run_id}", ID);
        let ask = || (operation.method().clone(), path.as_str());
        let nobody = rig.call(None, ask(), body(operation.id())).await;
        assert_eq!(nobody.told(), (401, "http.nobody_known"), "{operation:?}");
        let almost = rig.without(needed(operation));
        let refused = rig.call(Some(&almost), ask(), body(operation.id())).await;
        assert_eq!(refused.told(), (403, "kernel.forbidden"), "{operation:?}");
        let allowed = rig.call(Some(&rig.app.system()), ask(), body(operation.id())).await;
        let expected = match (operation.method(), path.contains(ID)) {
            (_, true) => (404, "resolution.unknown_run"),
            (&Method::POST, _) if operation.id() != "explain_resolution" => (202, ""),
            _ => (200, ""),
        };
        assert_eq!(allowed.told(), expected, "{operation:?}: {}", allowed.json);
    }
}

#[tokio::test]
async fn who_may_not_read_rows_may_not_have_their_ids_listed() {
    let rig = Rig::in_memory().await;
    let blind = rig.without(Permission::LakehouseQuery);
    for (path, id) in
        [("resolution-runs", "start_resolution_run"), ("resolution-evaluations", "start_resolution_evaluation")]
    {
        let refused = rig.post(&blind, &format!("/api/v1/{path}"), body(id).expect("a body")).await;
        assert_eq!(refused.told(), (403, "kernel.forbidden"), "{path}");
    }
}

#[tokio::test]
async fn the_document_names_each_with_its_permission_and_the_fields_of_its_list() {
    let rig = Rig::in_memory().await;
    let document = document(About { title: "test", version: "0", description: "" }, &rig.operations);
    for operation in &rig.operations {
        let described = &document["paths"][operation.path()][operation.method().as_str().to_ascii_lowercase()];
        assert_eq!(described["operationId"], operation.id());
        assert_eq!(described["x-permission"], needed(operation).name());
    }
    let list = &document["paths"]["/api/v1/resolution-runs"]["get"];
    let parameters = list["parameters"].as_array().expect("parameters");
    let chosen = parameters.iter().find(|each| each["name"] == "fields").expect("it is described");
    let properties = document["components"]["schemas"]["ResolutionRun"]["properties"].as_object().expect("members");
    let names: Vec<String> = properties.keys().map(|name| format!("`{name}`")).collect();
    assert!(
        chosen["description"].as_str().expect("a text").ends_with(&format!(": {}.", names.join(", "))),
        "{names:?}"
    );
}
