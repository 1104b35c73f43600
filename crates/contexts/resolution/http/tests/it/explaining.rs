//! Why a pair is taken for the same thing, or is not.

use serde_json::{Value, json};

use crate::rig::{Rig, stranger};

const PATH: &str = "/api/v1/resolution-explanations";

fn pair(record: &str, other: &str) -> Value {
    json!({ "task": { "records": { "asset": "silver.people", "id": "key" }, "ignore": ["truth"] }, "record": record, "other": other })
}

#[tokio::test]
async fn a_pair_is_explained_at_once_and_nothing_of_it_is_kept() {
    let rig = Rig::in_memory().await;
    let system = rig.app.system();
    let same = rig.post(&system, PATH, pair("a003", "b003")).await;
    let why = &same.json["within"];
    assert_eq!((same.status.as_u16(), &why["same_cluster"]), (200, &json!(true)), "{}", same.json);
    let parts = why["parts"].as_array().expect("parts");
    assert!(parts.iter().any(|part| part["column"] == "email" && part["left"] == part["right"]), "{why}");
    let apart = rig.post(&system, PATH, pair("a003", "a004")).await;
    assert_eq!(apart.json["within"]["same_cluster"], json!(false));

    let task = json!({ "records": { "asset": "silver.members", "id": "key" }, "other": { "asset": "silver.guests", "id": "key" },
        "ignore": ["truth"] });
    let linked = rig.post(&system, PATH, json!({ "task": task, "record": "m025", "other": "g025" })).await;
    assert_eq!(
        (&linked.json["between"]["linked"], &linked.json["within"]),
        (&json!(true), &json!(null)),
        "{}",
        linked.json
    );
    let jobs = rig.app.jobs.list(rig.app.workspace, &jobs::Filter::default(), &kernel::PageRequest::default()).await;
    assert!(jobs.expect("a list").items.is_empty(), "it is no job, whose result would be stored");
}

#[tokio::test]
async fn records_that_are_not_there_and_those_of_others_are_refused() {
    let rig = Rig::in_memory().await;
    assert_eq!(rig.post(&rig.app.system(), PATH, pair("a003", "zzz")).await.told(), (404, "resolution.no_such_record"));
    assert_eq!(rig.post(&stranger(), PATH, pair("a003", "b003")).await.told(), (404, "lakehouse.other_workspace"));
}
