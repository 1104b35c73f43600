//! The verbs of operators, beside a running server.

use std::fs;

use jobs::Jobs;
use serde_json::{Value, json};
use sql::{Scope, SqlError, args};

use crate::{
    server::{Shop, until},
    toy,
};

#[tokio::test]
async fn events_are_listed_in_pages_shown_sealed_and_verified() {
    let shop = Shop::new();
    let _server = shop.serve(&[]);
    assert_eq!(shop.ask(&["events", "list", "--type", "NoteWritten"]).ends_with(0).out, "no event\n");
    let log = toy::log(&shop, None).await;
    let events = toy::write_notes(&shop, &log, 5).await;
    let list = |more: &[&str]| shop.ask(&[&["events", "list", "--format", "json"], more].concat()).ends_with(0).json();
    // The first start has registered the workspace.
    until("the server has sealed them", || (list(&[])["events"].as_array()?.len() == 6).then_some(()));

    let mut seen: Vec<Value> = Vec::new();
    let mut page = list(&["--limit", "2"]);
    loop {
        seen.extend(page["events"].as_array().expect("events").iter().map(|event| event["event_id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        page = list(&["--limit", "2", "--after", next]);
    }
    assert_eq!(json!(seen[1..]), json!(events));
    assert_eq!(list(&["--type", "NoteWritten"])["events"].as_array().map(Vec::len), Some(5));
    assert_eq!(list(&["--type", "Other"]), json!({ "events": [], "next": null }));
    let stream = page["events"][0]["stream"].as_str().expect("a stream").to_owned();
    assert_eq!(list(&["--stream", &stream])["events"][0]["event_id"], json!(events[3]));
    let text = shop.ask(&["events", "list", "--limit", "2"]).ends_with(0).out;
    assert!(text.contains("toy.note.") && text.contains("there is more: grayghost events list --after "), "{text}");
    let refused = shop.ask(&["events", "list", "--after", "nonsense"]).ends_with(2);
    assert!(refused.err.contains("error[kernel.bad_cursor]"), "{}", refused.err);

    let id = events[0].to_string();
    let shown = shop.ask(&["events", "show", &id]).ends_with(0).out;
    assert!(shown.contains("NoteWritten") && shown.contains("\"words\": 1") && !shown.contains("Lovelace"), "{shown}");
    let shown = shop.ask(&["events", "show", &id, "--format", "json"]).ends_with(0).json();
    assert_eq!(shown["fact"], json!({ "type": "NoteHeard", "words": 1 }));
    let other = kernel::WorkspaceId::new().to_string();
    let refused = shop.ask(&["events", "show", &id, "--workspace", &other]).ends_with(2);
    assert!(refused.err.contains("error[cli.unknown_event]"), "{}", refused.err);
}

#[tokio::test]
async fn a_log_that_was_changed_behind_its_back_is_found_out() {
    let shop = Shop::new();
    let server = shop.serve(&[]);
    let log = toy::log(&shop, None).await;
    let events = toy::write_notes(&shop, &log, 3).await;
    let verify = || shop.ask(&["events", "verify", "--format", "json"]);
    until("the server has sealed them", || (verify().json()["events"] == 4).then_some(()));
    let well = verify().ends_with(0).json();
    assert_eq!((&well["broken"], &well["heads"][0]["events"]), (&Value::Null, &json!(4)));
    assert_eq!(well["heads"][0]["workspace"], json!(shop.workspace()));
    assert!(shop.ask(&["events", "verify"]).ends_with(0).out.starts_with("4 events, every link holds\n"));
    drop(server);

    let changed = log.database().write(Scope::System, move |tx| {
        Box::pin(async move {
            tx.execute("UPDATE events SET actor = 'nobody' WHERE event_id = $1", args![events[1].0]).await
        })
    });
    let changed: Result<u64, SqlError> = changed.await;
    assert_eq!(changed.expect("changed"), 1);
    let broken = shop.ask(&["events", "verify"]).ends_with(1).out;
    assert!(broken.starts_with("NOT WHAT IT WAS at event 3 of the log: version 1 of `toy.note."), "{broken}");
    assert_eq!(verify().ends_with(1).json()["broken"]["event"], 3);
}

#[test]
fn read_models_are_listed_and_an_unknown_one_is_refused() {
    let shop = Shop::new();
    let _server = shop.serve(&[]);
    let listed = shop.ask(&["events", "projections", "--format", "json"]).ends_with(0).json();
    let names = listed.as_array().expect("a list").iter().map(|each| each["name"].as_str().unwrap_or_default());
    let names: Vec<&str> = names.collect();
    assert!(names.contains(&"lakehouse.run_history") && names.contains(&"identity.users"), "{names:?}");
    assert_eq!(listed[0], json!({ "name": names[0], "behind": 0, "problem": null }));
    let refused = shop.ask(&["events", "rebuild", "toy.none"]).ends_with(2);
    assert!(refused.err.contains("error[eventlog.unknown_projection]"), "{}", refused.err);
}

#[test]
fn verbs_make_nothing_where_no_server_was() {
    let shop = Shop::new();
    for words in [&["events", "list"][..], &["events", "rebuild", "x"], &["jobs", "list"], &["dead-letters", "list"]] {
        let answer = shop.ask(words).ends_with(2);
        assert!(
            answer.err.contains("error[cli.nothing_yet]: ") && answer.err.contains("grayghost serve"),
            "{}",
            answer.err
        );
    }
    assert_eq!(fs::read_dir(shop.path(".")).expect("a folder").count(), 0);
}

#[tokio::test]
async fn jobs_are_done_by_the_server_and_decided_about_beside_it() {
    let shop = Shop::new();
    let _server = shop.serve(&[]);
    let jobs = Jobs::new(toy::log(&shop, None).await);
    let workspace = shop.workspace();
    let enqueue = async |kind: &str| {
        let job = jobs.job(workspace, kind, &json!({ "why": "a test" })).await.expect("a job");
        jobs.enqueue(job).await.expect("enqueued").id().to_string()
    };
    let state = |id: &str| shop.ask(&["jobs", "show", id, "--format", "json"]).ends_with(0).json()["state"].clone();

    let done = enqueue("eventlog.scrub_keys").await;
    until("the server has done it", || (state(&done) == "succeeded").then_some(()));

    shop.ask(&["jobs", "pause", "eventlog.scrub_keys"]).ends_with(0);
    let waiting = enqueue("eventlog.scrub_keys").await;
    let listed = shop.ask(&["jobs", "list", "--state", "queued", "--format", "json"]).ends_with(0).json();
    assert_eq!((&listed["jobs"][0]["id"], &listed["paused"]), (&json!(waiting), &json!(["eventlog.scrub_keys"])));
    assert_eq!(listed["jobs"][0]["args"], json!({ "why": "a test" }));
    assert!(shop.ask(&["jobs", "list"]).ends_with(0).out.contains("paused, and not begun: eventlog.scrub_keys"));
    assert_eq!(shop.ask(&["jobs", "cancel", &waiting]).ends_with(0).out, "cancelled\n");
    assert_eq!(state(&waiting), "cancelled");
    shop.ask(&["jobs", "retry", &waiting]).ends_with(0);
    assert_eq!(state(&waiting), "queued");
    shop.ask(&["jobs", "resume", "eventlog.scrub_keys"]).ends_with(0);
    until("the server has done it", || (state(&waiting) == "succeeded").then_some(()));

    let refused = shop.ask(&["jobs", "retry", &done]).ends_with(4);
    assert!(refused.err.contains("error[jobs.wrong_state]"), "{}", refused.err);
    assert_eq!(shop.ask(&["jobs", "dead"]).ends_with(0).out, "no job\n");
    let unknown = kernel::WorkspaceId::new().to_string();
    assert!(shop.ask(&["jobs", "show", &unknown]).ends_with(2).err.contains("error[jobs.not_found]"));
}

#[tokio::test]
async fn dead_letters_are_shown_edited_replayed_and_discarded() {
    let shop = Shop::new();
    let _server = shop.serve(&[]);
    let log = toy::log(&shop, None).await;
    let events = toy::write_notes(&shop, &log, 2).await;
    toy::refuse_all(&shop, &log, 2).await;
    let (first, second) = (events[0].to_string(), events[1].to_string());
    let list = || shop.ask(&["dead-letters", "list", "--format", "json"]).ends_with(0).json()["letters"].clone();
    assert_eq!((&list()[0]["event_id"], &list()[1]["error"]), (&json!(first), &json!("it is deaf")));
    assert!(shop.ask(&["dead-letters", "list"]).ends_with(0).out.contains("NoteHeard"));

    fs::write(shop.path("fact.json"), r#"{"type":"NoteHeard","words":7}"#).expect("written");
    fs::write(shop.path("other.json"), r#"{"type":"Other"}"#).expect("written");
    let refused = shop.ask(&["dead-letters", "edit", "toy.deaf", &first, "other.json"]).ends_with(2);
    assert!(refused.err.contains("error[bus.bad_edit]"), "{}", refused.err);
    let refused = shop.ask(&["dead-letters", "edit", "toy.deaf", &first, "none.json"]).ends_with(2);
    assert!(refused.err.contains("error[cli.input]"), "{}", refused.err);
    shop.ask(&["dead-letters", "edit", "toy.deaf", &first, "fact.json"]).ends_with(0);
    let shown = shop.ask(&["dead-letters", "show", "toy.deaf", &first, "--format", "json"]).ends_with(0).json();
    assert_eq!((&shown["fact"]["words"], &shown["edited_fact"]["words"]), (&json!(1), &json!(7)));

    shop.ask(&["dead-letters", "replay", "toy.deaf", &first]).ends_with(0);
    shop.ask(&["dead-letters", "discard", "toy.deaf", &second]).ends_with(0);
    assert_eq!(list(), json!([]));
    let gone = shop.ask(&["dead-letters", "show", "toy.deaf", &second]).ends_with(2);
    assert!(gone.err.contains("error[bus.no_such_letter]"), "{}", gone.err);
}
