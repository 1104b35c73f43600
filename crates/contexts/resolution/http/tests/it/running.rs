//! Runs and evaluations from the request to what they found.

use axum::http::StatusCode;
use serde_json::{Value, json};
use testkit::Place;

use crate::rig::{Rig, stranger};

fn people() -> Value {
    json!({ "records": { "asset": "silver.people", "id": "key" }, "ignore": ["truth"] })
}

fn links() -> Value {
    json!({ "records": { "asset": "silver.members", "id": "key" }, "other": { "asset": "silver.guests", "id": "key" },
        "ignore": ["truth"] })
}

async fn a_run_groups_the_records_of_an_asset(place: Place) {
    let rig = Rig::new(place).await;
    let (system, path) = (rig.app.system(), rig.run(people()).await);
    let run = rig.get(&system, &path).await.json;
    assert_eq!((&run["state"], &run["error"]), (&json!("succeeded"), &json!(null)), "{run}");
    assert_eq!((&run["summary"]["clusters"]["records"], &run["task"]["model"]), (&json!(60), &json!("auto")), "{run}");
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = rig.get(&system, &format!("{path}/clusters?limit=5{cursor}")).await.json;
        let items = page["items"].as_array().expect("items");
        assert!(items.len() <= 5);
        found.extend(items.iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let expected: Vec<Value> = (0..12)
        .map(|number| {
            let (a, b) = (format!("a{number:03}"), format!("b{number:03}"));
            json!({ "cluster_id": a, "size": 2, "records": [a, b] })
        })
        .collect();
    assert_eq!(found, expected);

    let stranger = stranger();
    assert_eq!(rig.get(&stranger, &path).await.told(), (404, "resolution.unknown_run"));
    assert_eq!(rig.get(&stranger, &format!("{path}/clusters")).await.told(), (404, "resolution.unknown_run"));
    assert_eq!(rig.get(&stranger, "/api/v1/resolution-runs").await.json["items"], json!([]));
    assert_eq!(rig.get(&system, &format!("{path}/links")).await.told(), (404, "resolution.no_results"));
}

async fn a_run_links_the_records_of_two_assets(place: Place) {
    let rig = Rig::new(place).await;
    let (system, path) = (rig.app.system(), rig.run(links()).await);
    let run = rig.get(&system, &path).await.json;
    assert_eq!(run["state"], "succeeded", "{run}");
    let found = rig.get(&system, &format!("{path}/links?limit=100")).await.json;
    let mut pairs: Vec<(&str, &str)> = found["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|link| (link["record"].as_str().expect("an id"), link["other"].as_str().expect("an id")))
        .collect();
    pairs.sort_unstable();
    let expected: Vec<(String, String)> =
        (20..40).map(|number| (format!("m{number:03}"), format!("g{number:03}"))).collect();
    assert_eq!(pairs, expected.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>());
    assert_eq!(rig.get(&system, &format!("{path}/clusters")).await.told(), (404, "resolution.no_results"));
}

async fn an_evaluation_measures_beside_the_truth(place: Place) {
    let rig = Rig::new(place).await;
    let mut links = links();
    links["partners"] = json!("one");
    for (task, truth, measured) in [
        (json!({ "records": people()["records"] }), json!({ "column": "truth" }), "clusters"),
        (people(), json!({ "pairs": { "asset": "gold.truth", "id": "record", "is": "person" } }), "clusters"),
        (links, json!({ "pairs": { "asset": "gold.links", "id": "member", "is": "guest" } }), "links"),
    ] {
        let body = json!({ "task": task, "truth": truth });
        let started = rig.post(&rig.app.system(), "/api/v1/resolution-evaluations", body).await;
        assert_eq!(started.status, StatusCode::ACCEPTED, "{}", started.json);
        rig.app.settle().await;
        let id = serde_json::from_value(started.json["job_id"].clone()).expect("an id");
        let job = rig.app.jobs.get(rig.app.workspace, id).await.expect("a job");
        assert_eq!((job.state, job.error), (jobs::State::Succeeded, None), "{truth}");
        let result: Value = serde_json::from_slice(&job.result.expect("a result")).expect("JSON");
        let pairwise = &result[measured]["default"]["pairwise"];
        assert!(pairwise["f1"].as_f64().expect("a number") > 0.9, "{result}");
    }
}

async fn runs_are_listed_and_the_oldest_lose_their_items(place: Place) {
    let rig = Rig::new(place).await;
    let system = rig.app.system();
    let mut paths = Vec::new();
    for _ in 0..22 {
        let started = rig.post(&system, "/api/v1/resolution-runs", people()).await;
        paths.push(started.headers["location"].to_str().expect("an address").to_owned());
        rig.app.clock.advance_micros(1_000);
    }
    rig.app.settle().await;
    for (at, path) in paths.iter().enumerate() {
        let expected = if at < 2 { (404, "resolution.no_results") } else { (200, "") };
        assert_eq!(rig.get(&system, &format!("{path}/clusters")).await.told(), expected, "{at}");
    }
    let page =
        rig.get(&system, "/api/v1/resolution-runs?filter=state%3Dsucceeded&sort=requested_at&limit=2&fields=id").await;
    let ids: Vec<Value> = paths[..2].iter().map(|path| json!({ "id": path.rsplit('/').next() })).collect();
    assert_eq!(page.json["items"], Value::from(ids), "{}", page.json);
    let none = rig.get(&system, "/api/v1/resolution-runs?filter=state%3Ddead").await;
    assert_eq!(none.json["items"], json!([]));
}

testkit::on_both!(
    a_run_groups_the_records_of_an_asset,
    a_run_links_the_records_of_two_assets,
    an_evaluation_measures_beside_the_truth,
    runs_are_listed_and_the_oldest_lose_their_items,
);
