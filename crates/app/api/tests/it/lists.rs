//! What a list can be asked: `filter`, `sort`, `fields`, and what it says of them.

use api::LiveLimits;
use axum::http::StatusCode;
use http_edge::{About, document};
use kernel::SubjectId;
use serde_json::{Value, json};
use testkit::Place;

use crate::rig::{Rig, stranger};

fn column(page: &Value, name: &str) -> Vec<Value> {
    page["items"].as_array().expect("items").iter().map(|item| item[name].clone()).collect()
}

async fn jobs_are_filtered_sorted_and_shown_in_part(place: Place) {
    let rig = Rig::on(place, &[], LiveLimits::default()).await;
    let (system, mut ids) = (rig.app.system(), Vec::new());
    for number in 0..6_u32 {
        let kind = if number % 2 == 0 { "toy.even" } else { "toy.odd" };
        let job = rig.app.jobs.job(rig.app.workspace, kind, &json!({ "number": number })).await.expect("written");
        ids.push(rig.app.jobs.enqueue(job).await.expect("enqueued").id().to_string());
        rig.app.clock.advance_micros(1_000_000);
    }
    let (status, _) = rig.post(&system, &format!("/api/v1/jobs/{}/cancel", ids[0])).await;
    assert_eq!(status, StatusCode::OK);
    let ask = async |query: &str| rig.get(&system, &format!("/api/v1/jobs?{query}")).await.1;

    let rising = ask("sort=enqueued_at&fields=id").await;
    assert_eq!(column(&rising, "id"), ids);
    assert_eq!(rising["items"][0], json!({ "id": ids[0] }), "what was not asked for is not there");
    let first = ask("sort=enqueued_at&limit=4").await;
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let second = ask(&format!("sort=enqueued_at&limit=4&cursor={cursor}")).await;
    assert_eq!(column(&second, "id"), ids[4..]);
    assert_eq!(second["next_cursor"], json!(null));

    let odd = ask("filter=kind%3Dtoy.odd").await;
    assert_eq!(column(&odd, "id"), [&*ids[5], &ids[3], &ids[1]]);
    let either = ask("filter=state%3Dcancelled+OR+kind%3Dtoy.odd+AND+NOT+id%3D%22none%22&sort=enqueued_at").await;
    assert_eq!(column(&either, "id"), [&*ids[0], &ids[1], &ids[3], &ids[5]]);
    let moment = column(&rising_in_full(&rig).await, "enqueued_at")[2].as_str().expect("a time").to_owned();
    let later = ask(&format!("filter=enqueued_at%3E{moment}")).await;
    assert_eq!(column(&later, "id"), [&*ids[5], &ids[4], &ids[3]]);

    // A page of one that the filter lets through is found behind others, and goes on after it.
    let one = ask("filter=state%3Dqueued+OR+state%3Dcancelled+AND+kind%3Dtoy.even&limit=1&sort=enqueued_at").await;
    assert_eq!(column(&one, "id"), [&*ids[0]]);
    let rest = ask(&format!(
        "filter=kind%3Dtoy.even+AND+attempt%3D0&limit=2&sort=enqueued_at&cursor={}",
        one["next_cursor"].as_str().expect("there is more")
    ))
    .await;
    assert_eq!(column(&rest, "id"), [&*ids[2], &ids[4]]);
    assert_eq!(column(&rig.get(&stranger(), "/api/v1/jobs?filter=kind%3Dtoy.odd").await.1, "id"), [] as [Value; 0]);
}

async fn rising_in_full(rig: &Rig) -> Value {
    rig.get(&rig.app.system(), "/api/v1/jobs?sort=enqueued_at").await.1
}

async fn events_and_letters_are_filtered(place: Place) {
    let rig = Rig::on(place, &[], LiveLimits::default()).await;
    let system = rig.app.system();
    for _ in 0..3 {
        rig.app.log.erase_subjects(&system, &[SubjectId::new()]).await.expect("erased");
    }
    rig.app.seal().await;
    let (_, all) = rig.get(&system, "/api/v1/events").await;
    let stream = all["items"][1]["stream"].as_str().expect("a stream");
    let (_, found) = rig.get(&system, &format!("/api/v1/events?filter=stream%3D%22{stream}%22&fields=stream,id")).await;
    assert_eq!(found["items"], json!([{ "id": all["items"][1]["id"], "stream": stream }]));
    let (_, none) = rig.get(&system, "/api/v1/events?filter=version%3E1").await;
    assert_eq!(none["items"], json!([]));
    let (status, letters) = rig.get(&system, "/api/v1/dead-letters?filter=attempts%3E%3D3+AND+edited%3Dfalse").await;
    assert_eq!((status, &letters["items"]), (StatusCode::OK, &json!([])));
}

testkit::on_both!(jobs_are_filtered_sorted_and_shown_in_part, events_and_letters_are_filtered);

#[tokio::test]
async fn a_mistake_is_told_with_its_place() {
    let rig = Rig::new(&[]).await;
    for (path, field, message) in [
        ("/api/v1/jobs?filter=colour%3Dred", "filter", "at character 1: `colour` is not a field here"),
        ("/api/v1/jobs?filter=state%3Dasleep", "filter", "at character 7: `state` is compared with one of `queued`"),
        ("/api/v1/jobs?sort=kind", "sort", "at character 1: `kind` is not a field here; use `enqueued_at`"),
        ("/api/v1/events?fields=id,secret", "fields", "at character 4: `secret` is not a field here"),
        ("/api/v1/dead-letters?filter=attempts", "filter", "at character 9: `attempts` is compared with nothing"),
    ] {
        let (status, problem) = rig.get(&rig.app.system(), path).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("http.bad_parameter")),
            "{path}"
        );
        assert_eq!(problem["errors"][0]["field"], field, "{path}");
        assert!(problem["errors"][0]["message"].as_str().expect("a text").starts_with(message), "{problem}");
    }
}

#[tokio::test]
async fn a_character_that_no_text_holds_is_told_by_field() {
    let rig = Rig::new(&[]).await;
    for path in ["/api/v1/jobs?filter=kind%3D%22a%00%22", "/api/v1/jobs?kind=a%00", "/api/v1/events?stream=%00"] {
        let (status, problem) = rig.get(&rig.app.system(), path).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("http.bad_fields")), "{path}");
    }
    assert_eq!(rig.get(&rig.app.system(), "/api/v1/dead-letters/a%00/x").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_description_of_a_list_names_the_fields_of_its_items() {
    let rig = Rig::new(&[]).await;
    let document = document(About { title: "test", version: "0", description: "" }, &rig.operations);
    for (path, item) in [("jobs", "Job"), ("events", "Event"), ("dead-letters", "DeadLetter")] {
        let list = &document["paths"][format!("/api/v1/{path}")]["get"];
        let parameters = list["parameters"].as_array().expect("parameters");
        let chosen = parameters.iter().find(|each| each["name"] == "fields").expect("it is described");
        let told = chosen["description"].as_str().expect("a text");
        let properties = document["components"]["schemas"][item]["properties"].as_object().expect("members");
        let names: Vec<String> = properties.keys().map(|name| format!("`{name}`")).collect();
        assert!(told.ends_with(&format!(": {}.", names.join(", "))), "{item}: {told} {names:?}");
        let given = &list["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["items"]["items"];
        assert!(given["properties"].is_object() && given["required"].is_null(), "any member may be left out: {given}");
    }
}
