//! What cannot be resolved, and how that is told: in the answer what the request itself says, in the run what its records say.

use serde_json::{Value, json};

use crate::rig::Rig;

const RUNS: &str = "/api/v1/resolution-runs";

#[tokio::test]
async fn a_request_that_is_no_task_is_refused_by_field() {
    let rig = Rig::in_memory().await;
    let records = json!({ "asset": "silver.people", "id": "key" });
    for (body, field, code) in [
        (json!({}), "records", "missing"),
        (json!({ "records": { "asset": "silver.people" } }), "records.id", "missing"),
        (json!({ "records": records, "model": "/etc/passwd" }), "model", "wrong_type"),
        (json!({ "records": records, "model": "models/people.yml" }), "model", "wrong_type"),
        (json!({ "records": records, "file": "/etc/passwd" }), "file", "unknown"),
        (json!({ "records": records, "partners": "many" }), "partners", "wrong_type"),
    ] {
        let refused = rig.post(&rig.app.system(), RUNS, body.clone()).await;
        assert_eq!(refused.told(), (422, "http.bad_fields"), "{body}: {}", refused.json);
        let error = &refused.json["errors"][0];
        assert_eq!(
            (error["field"].as_str(), error["code"].as_str()),
            (Some(field), Some(code)),
            "{body}: {}",
            refused.json
        );
    }
}

async fn failed(rig: &Rig, records: Value) -> String {
    let path = rig.run(json!({ "records": records })).await;
    let run = rig.get(&rig.app.system(), &path).await.json;
    assert_eq!(run["state"], "dead", "{run}");
    assert_eq!(rig.get(&rig.app.system(), &format!("{path}/clusters")).await.told(), (404, "resolution.no_results"));
    run["error"].as_str().expect("an error").to_owned()
}

#[tokio::test]
async fn what_its_records_do_not_allow_is_the_error_of_a_run() {
    let rig = Rig::in_memory().await;
    for (asset, id, expected) in [
        ("silver.nobody", "key", "lakehouse.unknown_asset: there is no asset `silver.nobody`"),
        ("../../etc/passwd", "key", "lakehouse.unknown_asset"),
        ("silver.people", "kay", "resolution.no_such_column: could not find column `kay`"),
    ] {
        let error = failed(&rig, json!({ "asset": asset, "id": id })).await;
        assert!(error.starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn the_error_of_a_run_holds_no_value() {
    let rig = Rig::in_memory().await;
    let error = failed(&rig, json!({ "asset": "silver.twice", "id": "key" })).await;
    assert_eq!(
        error,
        "resolution.duplicate_id: could not take `key` of `silver.twice` as the id: record 2 and record 3 have the same"
    );
}
