//! Runs: started as jobs, and listed.

use axum::http::header;
use serde_json::json;
use testkit::Place;

use crate::rig::Rig;

async fn runs_are_started_as_jobs_and_listed_in_pages(place: Place) {
    let rig = Rig::new(place).await;
    let system = rig.app.system();
    let started = rig.post(&system, "/api/v1/runs", json!({ "select": "+silver.sales" })).await;
    let address = started.json["job_url"].as_str().expect("an address");
    assert_eq!((started.status.as_u16(), started.headers[header::LOCATION].to_str().ok()), (202, Some(address)));
    rig.app.settle().await;
    let id = serde_json::from_value(started.json["job_id"].clone()).expect("an id");
    assert_eq!(rig.app.jobs.get(rig.app.workspace, id).await.expect("a job").state, jobs::State::Succeeded);
    rig.run(json!({})).await;
    rig.write("models/gold/by_item.sql", "select no_such_column from {{ ref('sales') }}");
    rig.run(json!({ "full_refresh": true })).await;
    rig.write("models/gold/by_item.sql", "select cast(item as int) as item, 5 as pieces from {{ ref('sales') }}");
    rig.run(json!({ "full_refresh": true })).await;

    let ask = async |query: &str| rig.get(&system, &format!("/api/v1/runs?{query}")).await;
    // What cannot be planned leaves no run: its job says why.
    let all = ask("").await;
    assert_eq!(all.column("state"), ["failed", "succeeded", "succeeded"], "{}", all.json);
    let (newest, oldest) = (all.column("id")[0].clone(), all.column("id")[2].clone());
    let first = ask("limit=2&fields=id").await;
    let cursor = first.json["next_cursor"].as_str().expect("there is more");
    let second = ask(&format!("limit=2&fields=id&cursor={cursor}")).await;
    assert_eq!((&second.json["items"], &second.json["next_cursor"]), (&json!([{ "id": oldest }]), &json!(null)));
    assert_eq!(ask("sort=started_at&limit=1&fields=id").await.json["items"], json!([{ "id": oldest }]));
    assert_eq!(ask("filter=state%3Dfailed&fields=id").await.json["items"], json!([{ "id": newest }]));
    assert_eq!(ask("filter=state%3Dsucceeded&sort=started_at&limit=1").await.column("id"), [oldest]);
    assert_eq!(ask("filter=duration_ms%3C0").await.json["items"], json!([]));
}

testkit::on_both!(runs_are_started_as_jobs_and_listed_in_pages);
