//! Jobs and events: what is shown, what is done, and nothing of another workspace.

use axum::http::StatusCode;
use kernel::{Personal, SubjectId};
use serde_json::json;

use crate::rig::{Rig, stranger};

#[tokio::test]
async fn jobs_are_listed_in_pages_shown_cancelled_and_run_again() {
    let rig = Rig::new(&[]).await;
    let (system, mut ids) = (rig.app.system(), Vec::new());
    for number in 0..3_u32 {
        let job =
            rig.app.jobs.job(rig.app.workspace, "toy.count", &json!({ "number": number })).await.expect("written");
        ids.push(rig.app.jobs.enqueue(job).await.expect("enqueued").id().to_string());
        rig.app.clock.advance_micros(1_000);
    }
    let (_, first) = rig.get(&system, "/api/v1/jobs?limit=2").await;
    let shown = |page: &serde_json::Value| {
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|job| job["id"].as_str().expect("an id").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&first), [ids[2].clone(), ids[1].clone()], "the newest first");
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let (_, second) = rig.get(&system, &format!("/api/v1/jobs?limit=2&cursor={cursor}")).await;
    assert_eq!((shown(&second), &second["next_cursor"]), (vec![ids[0].clone()], &json!(null)));

    let path = format!("/api/v1/jobs/{}", ids[0]);
    let (_, job) = rig.get(&system, &path).await;
    assert_eq!((&job["state"], &job["args"]), (&json!("queued"), &json!({ "number": 0 })));
    let (status, job) = rig.post(&system, &format!("{path}/cancel")).await;
    assert_eq!((status, &job["state"]), (StatusCode::OK, &json!("cancelled")));
    let (_, cancelled) = rig.get(&system, "/api/v1/jobs?state=cancelled").await;
    assert_eq!(shown(&cancelled), [ids[0].clone()]);
    let (status, job) = rig.post(&system, &format!("{path}/retry")).await;
    assert_eq!((status, &job["state"]), (StatusCode::OK, &json!("queued")));
    let (status, problem) = rig.post(&system, &format!("{path}/discard")).await;
    assert_eq!(status, StatusCode::CONFLICT, "it is no dead letter: {problem}");

    let stranger = stranger();
    assert_eq!(rig.get(&stranger, &path).await.0, StatusCode::NOT_FOUND);
    for verb in ["cancel", "retry", "discard"] {
        assert_eq!(rig.post(&stranger, &format!("{path}/{verb}")).await.0, StatusCode::NOT_FOUND, "{verb}");
    }
    assert_eq!(rig.get(&stranger, "/api/v1/jobs").await.1["items"], json!([]));
}

#[tokio::test]
async fn events_are_listed_in_order_and_personal_fields_stay_sealed() {
    let rig = Rig::new(&[]).await;
    let (system, subject) = (rig.app.system(), SubjectId::new());
    let job = rig
        .app
        .jobs
        .job(rig.app.workspace, "toy.greet", &Personal::of(subject, "Ada Lovelace".to_owned()))
        .await
        .expect("written");
    let id = rig.app.jobs.enqueue(job).await.expect("enqueued").id();
    let (_, shown) = rig.get(&system, &format!("/api/v1/jobs/{id}")).await;
    assert!(!shown.to_string().contains("Ada") && shown["args"].to_string().contains("$sealed"), "{shown}");

    for _ in 0..3 {
        rig.app.log.erase_subjects(&system, &[SubjectId::new()]).await.expect("erased");
    }
    rig.app.seal().await;
    let (_, first) = rig.get(&system, "/api/v1/events?limit=2").await;
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2), "{first}");
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let (_, second) = rig.get(&system, &format!("/api/v1/events?limit=2&cursor={cursor}")).await;
    assert_eq!((second["items"].as_array().map(Vec::len), &second["next_cursor"]), (Some(1), &json!(null)), "{second}");
    let event = &second["items"][0];
    let path = format!("/api/v1/events/{}", event["id"].as_str().expect("an id"));
    assert_eq!(rig.get(&system, &path).await, (StatusCode::OK, event.clone()));
    let stream = format!("/api/v1/events?stream={}", event["stream"].as_str().expect("a stream"));
    assert_eq!(rig.get(&system, &stream).await.1["items"], json!([event]));

    let stranger = stranger();
    assert_eq!(rig.get(&stranger, &path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(rig.get(&stranger, &stream).await.1["items"], json!([]));
    assert_eq!(rig.get(&stranger, "/api/v1/events").await.1["items"], json!([]));
}
