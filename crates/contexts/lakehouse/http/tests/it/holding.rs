//! Every operation by itself holds its caller to its permission and its workspace, and describes itself.

use http_edge::{About, document};
use serde_json::{Value, json};

use crate::rig::{Rig, needed, stranger};

fn body(id: &str) -> Option<Value> {
    match id {
        "start_run" => Some(json!({})),
        "query_sql" => Some(json!({ "statement": "select 1" })),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_lacks_the_permission_and_who_is_of_another_workspace_are_refused_by_each() {
    let rig = Rig::loaded().await;
    assert_eq!(rig.operations.len(), 6);
    for operation in &rig.operations {
        let path = operation.path().replace("{asset}", "silver.sales");
        let ask = || (operation.method().clone(), path.as_str());
        let nobody = rig.call(None, ask(), body(operation.id())).await;
        assert_eq!(nobody.told(), (401, "http.nobody_known"), "{operation:?}");
        let almost = rig.without(needed(operation));
        let refused = rig.call(Some(&almost), ask(), body(operation.id())).await;
        assert_eq!(refused.told(), (403, "kernel.forbidden"), "{operation:?}");
        let foreign = rig.call(Some(&stranger()), ask(), body(operation.id())).await;
        assert_eq!(foreign.told(), (404, "lakehouse.other_workspace"), "{operation:?}");
        let allowed = rig.call(Some(&rig.app.system()), ask(), body(operation.id())).await;
        let expected = if operation.id() == "start_run" { 202 } else { 200 };
        assert_eq!(allowed.told(), (expected, ""), "{operation:?}: {}", allowed.json);
    }
}

#[tokio::test]
async fn the_document_names_each_with_its_permission_and_the_fields_of_its_lists() {
    let rig = Rig::new(testkit::memory().await).await;
    let document = document(About { title: "test", version: "0", description: "" }, &rig.operations);
    for operation in &rig.operations {
        let described = &document["paths"][operation.path()][operation.method().as_str().to_ascii_lowercase()];
        assert_eq!(described["operationId"], operation.id());
        assert_eq!(described["x-permission"], needed(operation).name());
    }
    for (path, item) in [("assets", "AssetInfo"), ("runs", "Run")] {
        let parameters = &document["paths"][format!("/api/v1/{path}")]["get"]["parameters"];
        let all = parameters.as_array().expect("parameters");
        let chosen = all.iter().find(|each| each["name"] == "fields").expect("it is described");
        let properties = document["components"]["schemas"][item]["properties"].as_object().expect("members");
        let names: Vec<String> = properties.keys().map(|name| format!("`{name}`")).collect();
        assert!(
            chosen["description"].as_str().expect("a text").ends_with(&format!(": {}.", names.join(", "))),
            "{item}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_and_what_is_asked_wrongly_is_told() {
    let rig = Rig::loaded().await;
    let system = rig.app.system();
    for (path, status, code) in [
        ("assets/silver.nothing/quality", 404, "lakehouse.unknown_asset"),
        ("assets/silver.nothing/lineage", 404, "lakehouse.unknown_asset"),
        ("assets/..%2F..%2Fetc%2Fpasswd/lineage", 404, "lakehouse.unknown_asset"),
        ("assets/silver.sales/lineage?column=none", 404, "lakehouse.unknown_column"),
        ("assets/silver.sales/lineage?colour=red", 422, "http.bad_fields"),
        ("assets?limit=0", 422, "kernel.bad_limit"),
        ("assets?cursor=nonsense", 422, "kernel.bad_cursor"),
        ("assets?filter=kind%3Dcake", 422, "http.bad_parameter"),
        ("assets?sort=tags", 422, "http.bad_parameter"),
        ("runs?fields=secrets", 422, "http.bad_parameter"),
        ("runs?limit=501", 422, "kernel.bad_limit"),
    ] {
        assert_eq!(rig.get(&system, &format!("/api/v1/{path}")).await.told(), (status, code), "{path}");
    }
    let files = rig.post(&system, "/api/v1/runs", json!({ "files": ["/etc/passwd"] })).await;
    assert_eq!(files.told(), (422, "http.bad_fields"), "a path on the server is nobody's to give");
}
