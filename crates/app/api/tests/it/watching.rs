//! A job as it goes on: what is told, when it ends, and who is not told.

use std::{sync::Arc, time::Duration};

use api::LiveLimits;
use axum::{
    body::{Body, BodyDataStream},
    http::{Request, StatusCode},
};
use futures::{FutureExt, StreamExt as _, future::BoxFuture};
use http_edge::{Caller, HttpError, Problem, Standing};
use jobs::{Context, Failure, Handler, Settings, Worker};
use kernel::Actor;
use serde_json::{Value, json};
use testkit::Place;
use tokio::{
    sync::{Notify, oneshot},
    time,
};

use crate::rig::{Rig, stranger};

const PATIENCE: Duration = Duration::from_secs(20);
const QUICK: LiveLimits = LiveLimits {
    poll: Duration::from_millis(10),
    looks: 5,
    heartbeat: Duration::from_millis(50),
    most: 3,
    most_each: 2,
};

/// Says how far it is and waits for leave.
struct Count(Arc<Notify>);

impl Handler for Count {
    fn kind(&self) -> &'static str {
        "toy.count"
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            context.progress(1, Some(3), "rows");
            context.log("a third");
            self.0.notified().await;
            Ok(())
        }
        .boxed()
    }
}

fn may() -> Standing {
    Standing::by(|| async { Ok(()) }.boxed())
}

/// The lines of a stream, event by event; comments are events of their own.
struct Told(BodyDataStream, String);

impl Told {
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.1.split_once("\n\n") {
                let event = event.to_owned();
                let rest = rest.to_owned();
                self.1 = rest;
                return Some(event);
            }
            let part = time::timeout(PATIENCE, self.0.next()).await.expect("in time")?;
            self.1 += std::str::from_utf8(&part.expect("whole")).expect("text");
        }
    }

    /// The next event that is no comment: its name, its id and its data.
    async fn event(&mut self) -> Option<(String, String, Value)> {
        loop {
            let text = self.next().await?;
            let line = |name: &str| {
                text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
            };
            if !text.starts_with(':') {
                return Some((line("event:"), line("id:"), serde_json::from_str(&line("data:")).expect("JSON")));
            }
        }
    }
}

async fn watch(
    rig: &Rig,
    actor: &Actor,
    id: &str,
    (standing, seen): (Option<Standing>, &str),
) -> Result<Told, (StatusCode, Value)> {
    let mut request = Request::get(format!("/api/v1/jobs/{id}/progress")).extension(Caller(actor.clone()));
    if let Some(standing) = standing {
        request = request.extension(standing);
    }
    if !seen.is_empty() {
        request = request.header("last-event-id", seen);
    }
    let response = rig.send(request.body(Body::empty()).expect("a request")).await;
    let status = response.status();
    if status != StatusCode::OK {
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        return Err((status, serde_json::from_slice(&body).expect("a problem")));
    }
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    Ok(Told(response.into_body().into_data_stream(), String::new()))
}

async fn enqueue(rig: &Rig) -> String {
    let job = rig.app.jobs.job(rig.app.workspace, "toy.count", &json!({})).await.expect("written");
    rig.app.jobs.enqueue(job).await.expect("enqueued").id().to_string()
}

async fn a_job_is_told_from_its_queue_to_its_end(place: Place) {
    let leave = Arc::new(Notify::new());
    let rig = Rig::on(place, &[], QUICK).await;
    let worker = Worker::new(rig.app.jobs.clone(), vec![Arc::new(Count(Arc::clone(&leave)))], Settings::default());
    let (stop, stopped) = oneshot::channel::<()>();
    let (system, id) = (rig.app.system(), enqueue(&rig).await);
    let mut told = watch(&rig, &system, &id, (Some(may()), "")).await.expect("begins");
    let listening = async {
        let (name, first, data) = told.event().await.expect("an event");
        assert_eq!((name.as_str(), &data["state"], &data["done"]), ("progress", &json!("queued"), &json!(0)));
        // A second listener who has seen this is not told of it once more.
        let mut again = watch(&rig, &system, &id, (Some(may()), &first)).await.expect("begins");
        let (_, _, data) = again.event().await.expect("an event");
        assert_eq!(data["state"], "running", "{data}");
        drop(again);
        loop {
            let (name, _, data) = told.event().await.expect("an event");
            assert_eq!((name.as_str(), &data["state"]), ("progress", &json!("running")), "{data}");
            if data["message"] == "a third" {
                assert_eq!(
                    (&data["percent"], &data["total"], &data["unit"]),
                    (&json!(33.3), &json!(3), &json!("rows"))
                );
                break;
            }
        }
        leave.notify_one();
        loop {
            let (name, _, data) = told.event().await.expect("an event");
            if name == "done" {
                assert_eq!(data["state"], "succeeded");
                break;
            }
        }
        assert!(told.event().await.is_none(), "nothing comes after the end");
        stop.send(()).expect("it works");
    };
    let working = worker.run(async { stopped.await.unwrap_or(()) });
    time::timeout(PATIENCE, async { tokio::join!(working, listening) }).await.expect("in time");
    let (name, last, _) =
        watch(&rig, &system, &id, (Some(may()), "")).await.expect("begins").event().await.expect("told");
    assert_eq!(name, "done", "who comes late is told the end");
    let mut known = watch(&rig, &system, &id, (Some(may()), &last)).await.expect("begins");
    assert_eq!(known.event().await.expect("told").0, "done", "and who comes back after the end as well");
}

testkit::on_both!(a_job_is_told_from_its_queue_to_its_end);

#[tokio::test]
async fn a_comment_comes_while_nothing_happens() {
    let rig = Rig::on(testkit::memory().await, &[], QUICK).await;
    let id = enqueue(&rig).await;
    let mut told = watch(&rig, &rig.app.system(), &id, (Some(may()), "")).await.expect("begins");
    assert!(told.next().await.expect("an event").starts_with("event: progress"));
    for _ in 0..2 {
        assert_eq!(told.next().await.as_deref(), Some(": still here"));
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_standing_of_its_caller() {
    let rig = Rig::on(testkit::memory().await, &[], QUICK).await;
    let id = enqueue(&rig).await;
    let refused = || Standing::by(|| async { Err(Problem::from(HttpError::NobodyKnown)) }.boxed());
    for standing in [Some(refused()), None] {
        let mut told = watch(&rig, &rig.app.system(), &id, (standing, "")).await.expect("begins");
        assert!(told.event().await.is_some());
        assert_eq!(told.event().await, None);
    }
}

#[tokio::test]
async fn only_so_many_listen_and_a_place_is_given_back() {
    let rig = Rig::on(testkit::memory().await, &[], QUICK).await;
    let (system, id) = (rig.app.system(), enqueue(&rig).await);
    let user = |number: u8| {
        Actor::new(
            rig.app.workspace,
            kernel::Who::User(kernel::UserId(kernel::uuid::Uuid::from_bytes([number; 16]))),
            kernel::Permission::ALL,
        )
    };
    let begin = async |actor: &Actor| watch(&rig, actor, &id, (Some(may()), "")).await;
    let first = begin(&system).await.expect("begins");
    let _second = begin(&system).await.expect("begins");
    let (status, problem) = begin(&system).await.err().expect("a third of one caller");
    assert_eq!((status, &problem["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("api.too_many_listeners")));
    let _of_another = begin(&user(1)).await.expect("begins");
    assert_eq!(begin(&user(2)).await.err().expect("a fourth of all").0, StatusCode::TOO_MANY_REQUESTS);
    drop(first);
    begin(&user(2)).await.expect("a place is free");
}

#[tokio::test]
async fn jobs_of_others_are_not_there() {
    let rig = Rig::on(testkit::memory().await, &[], QUICK).await;
    let id = enqueue(&rig).await;
    let (status, problem) = watch(&rig, &stranger(), &id, (Some(may()), "")).await.err().expect("refused");
    assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("jobs.not_found")));
}
