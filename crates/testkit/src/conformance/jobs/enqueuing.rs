//! What is stored, when, and how often.

use std::time::Duration;

use eventlog::Cause;
use futures::FutureExt;
use jobs::{Enqueued, JobError, JobId, NEVER, NewBatch, NewJob, Priority, State, Unique};
use kernel::{PageRequest, Personal, SubjectId, Timestamp, WorkspaceId};
use sql::Scope;

use super::shop::{Does, KIND, NOON, SECOND, Seen, Shop, soon};
use crate::{Place, conformance::rules::rules};

rules!(
    a_job_and_its_fact_are_both_there_or_neither,
    a_key_is_held_while_its_job_lives,
    a_key_is_held_for_a_period,
    an_id_is_enqueued_once,
    many_jobs_keep_what_each_asks_for,
    a_job_of_another_workspace_is_refused,
    a_batch_calls_back_once_when_all_have_ended,
    personal_arguments_are_stored_sealed,
    what_is_too_large_is_refused,
    a_running_worker_hears_of_jobs_at_once
);

async fn a_job_and_its_fact_are_both_there_or_neither(place: Place) {
    let shop = Shop::open(place).await;
    for (fails, expected) in [(true, 0), (false, 2)] {
        let (jobs, first, second) = (shop.jobs.clone(), shop.job(1).await, shop.job(2).await);
        let done: Result<(), JobError> = shop
            .place
            .database
            .write(Scope::Workspace(shop.workspace), move |tx| {
                async move {
                    jobs.enqueue_in(tx, vec![first, second]).await?;
                    if fails { Err(JobError::NotFound { id: JobId::new() }) } else { Ok(()) }
                }
                .boxed()
            })
            .await;
        assert_eq!(done.is_err(), fails);
        assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), expected);
    }
}

async fn a_key_is_held_while_its_job_lives(place: Place) {
    let shop = Shop::open(place).await;
    let unique = async |key: &str| shop.job(1).await.unique(Unique::while_live(key));
    let first = shop.jobs.enqueue(unique("a").await).await.expect("answers");
    assert!(matches!(first, Enqueued::New(_)));
    assert_eq!(shop.jobs.enqueue(unique("a").await).await.expect("answers"), Enqueued::Existing(first.id()));
    let other = shop.jobs.enqueue(unique("b").await).await.expect("answers");
    assert!(matches!(other, Enqueued::New(_)));
    let elsewhere =
        NewJob::of_json(WorkspaceId::new(), KIND, b"1".to_vec()).expect("there").unique(Unique::while_live("a"));
    assert!(matches!(shop.jobs.enqueue(elsewhere).await.expect("answers"), Enqueued::New(_)));
    // A failed attempt does not let go of it.
    shop.worker(Does::fails(jobs::Retry::BackOff)).drain().await.expect("answers");
    assert_eq!(shop.jobs.enqueue(unique("a").await).await.expect("answers"), Enqueued::Existing(first.id()));
    shop.advance(10);
    shop.worker(Does::nothing()).drain().await.expect("answers");
    assert!(
        matches!(shop.jobs.enqueue(unique("a").await).await.expect("answers"), Enqueued::New(id) if id != first.id())
    );
}

async fn a_key_is_held_for_a_period(place: Place) {
    let shop = Shop::open(place).await;
    let unique = async || shop.job(1).await.unique(Unique::within("a", Duration::from_mins(1)));
    let first = shop.jobs.enqueue(unique().await).await.expect("answers");
    shop.worker(Does::nothing()).drain().await.expect("answers");
    shop.advance(59);
    assert_eq!(shop.jobs.enqueue(unique().await).await.expect("answers"), Enqueued::Existing(first.id()));
    shop.advance(1);
    let second = shop.jobs.enqueue(unique().await).await.expect("answers");
    assert!(matches!(second, Enqueued::New(_)), "{second:?}");
    // Past its period, but it lives.
    shop.advance(100);
    assert_eq!(shop.jobs.enqueue(unique().await).await.expect("answers"), Enqueued::Existing(second.id()));
}

async fn an_id_is_enqueued_once(place: Place) {
    let shop = Shop::open(place).await;
    let id = JobId::new();
    assert_eq!(shop.jobs.enqueue(shop.job(1).await.with_id(id)).await.expect("answers"), Enqueued::New(id));
    let again = vec![shop.job(1).await.with_id(id), shop.job(2).await];
    let done = shop.jobs.enqueue_many(again).await.expect("answers");
    assert!(matches!(done[..], [Enqueued::Existing(same), Enqueued::New(_)] if same == id), "{done:?}");
    // With a key too, which has been let go of by then.
    let (other, keyed) = (JobId::new(), Unique::while_live("a"));
    let twice = async || shop.job(3).await.with_id(other).unique(keyed.clone());
    assert_eq!(shop.jobs.enqueue(twice().await).await.expect("answers"), Enqueued::New(other));
    assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 3);
    assert_eq!(shop.jobs.enqueue(twice().await).await.expect("answers"), Enqueued::Existing(other));
    assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 0);
}

async fn many_jobs_keep_what_each_asks_for(place: Place) {
    let shop = Shop::open(place).await;
    let mut jobs = Vec::new();
    for number in 0..100 {
        jobs.push(shop.job(number).await);
    }
    let cause = Cause { traceparent: Some("00-aa-bb-01".to_owned()), ..Cause::default() };
    jobs[40] = jobs[40].clone().priority(Priority::Urgent).max_attempts(3).caused_by(cause.clone());
    jobs[41] = jobs[41].clone().after(Duration::from_secs(5));
    let done = shop.jobs.enqueue_many(jobs).await.expect("answers");
    let special = shop.get(done[40].id()).await;
    assert_eq!((special.priority, special.max_attempts, special.state), (Priority::Urgent, Some(3), State::Queued));
    assert_eq!(shop.get(done[41].id()).await.run_at, Timestamp(NOON + 5 * SECOND));
    let plain = shop.get(done[99].id()).await;
    assert_eq!((plain.priority, plain.max_attempts, plain.run_at), (Priority::Normal, None, Timestamp(NOON)));
    let seen = Seen::default();
    let note = seen.clone();
    let worker = shop.worker(Does::new(move |context| {
        let note = note.clone();
        async move {
            if context.cause().traceparent.is_some() {
                note.add(format!("{:?}", context.cause()));
            }
            Ok(())
        }
    }));
    assert_eq!(worker.drain().await.expect("answers"), 99);
    assert_eq!(seen.all(), [format!("{cause:?}")]);
}

async fn a_job_of_another_workspace_is_refused(place: Place) {
    let shop = Shop::open(place).await;
    let (jobs, job) = (shop.jobs.clone(), shop.job(1).await);
    let done: Result<(), JobError> = shop
        .place
        .database
        .write(Scope::Workspace(WorkspaceId::new()), move |tx| {
            async move { jobs.enqueue_in(tx, vec![job]).await.map(drop) }.boxed()
        })
        .await;
    assert!(matches!(done, Err(JobError::OtherWorkspace { .. })), "{done:?}");
}

async fn a_batch_calls_back_once_when_all_have_ended(place: Place) {
    let shop = Shop::open(place).await;
    let members = vec![shop.job(1).await, shop.job(2).await, shop.job(3).await.at(NEVER)];
    let callback = shop.jobs.job(shop.workspace, "test.call_back", &()).await.expect("answers");
    let batch = NewBatch { members, callback: Some(callback) };
    let id = shop.jobs.enqueue_batch(shop.workspace, batch).await.expect("answers");
    let filter = jobs::Filter { batch: Some(id), ..jobs::Filter::default() };
    let members = shop.jobs.list(shop.workspace, &filter, &PageRequest::default()).await.expect("answers").items;
    let late = members.iter().find(|job| job.run_at == NEVER).expect("there").id;
    let seen = Seen::default();
    let note = seen.clone();
    let called = Does::new(move |_| {
        note.add("called");
        async { Ok(()) }
    });
    // One succeeds, one dies, one is cancelled.
    let mixed = Does::new(|context| async move {
        if context.args::<u32>().await? == 1 { Ok(()) } else { Err(jobs::Failure::new("no", jobs::Retry::Never)) }
    });
    let worker = super::shop::worker(
        &shop.jobs,
        vec![std::sync::Arc::new(mixed), std::sync::Arc::new(called.of("test.call_back"))],
    );
    assert_eq!(worker.drain().await.expect("answers"), 2);
    assert_eq!(shop.jobs.batch(shop.workspace, id).await.expect("answers").expect("there").remaining, 1);
    assert!(seen.all().is_empty());
    shop.jobs.cancel(shop.workspace, late).await.expect("answers");
    assert_eq!(worker.drain().await.expect("answers"), 1);
    assert_eq!(seen.all(), ["called"]);
    // A member that fails and is tried again has not ended.
    let again = shop.job(9).await.max_attempts(2);
    let batch = NewBatch { members: vec![again], callback: None };
    let other = shop.jobs.enqueue_batch(shop.workspace, batch).await.expect("answers");
    shop.worker(Does::fails(jobs::Retry::After(Duration::from_secs(1)))).drain().await.expect("answers");
    assert_eq!(shop.jobs.batch(shop.workspace, other).await.expect("answers").expect("there").remaining, 1);
    shop.advance(2);
    shop.worker(Does::nothing()).drain().await.expect("answers");
    assert_eq!(shop.jobs.batch(shop.workspace, other).await.expect("answers").expect("there").remaining, 0);
    // A member that is replayed does not call again.
    let dead = members.iter().find(|job| job.id != late && job.args == b"2").expect("there").id;
    shop.jobs.retry(shop.workspace, dead).await.expect("answers");
    assert_eq!(shop.jobs.batch(shop.workspace, id).await.expect("answers").expect("there").remaining, 1);
    assert_eq!(worker.drain().await.expect("answers"), 1);
    assert_eq!(shop.jobs.batch(shop.workspace, id).await.expect("answers").expect("there").remaining, 0);
    assert_eq!(seen.all(), ["called"]);
    let empty = NewBatch {
        members: vec![],
        callback: Some(shop.jobs.job(shop.workspace, "test.call_back", &()).await.expect("answers")),
    };
    shop.jobs.enqueue_batch(shop.workspace, empty).await.expect("answers");
    assert_eq!((worker.drain().await.expect("answers"), seen.all().len()), (1, 2));
}

async fn personal_arguments_are_stored_sealed(place: Place) {
    let shop = Shop::open(place).await;
    let name = Personal::of(SubjectId::new(), "Ada Lovelace".to_owned());
    let id = shop.enqueue(shop.jobs.job(shop.workspace, KIND, &name).await.expect("answers")).await;
    let worker = shop.worker(Does::new(|context| async move {
        let name: Personal<String> = context.args().await?;
        context.checkpoint(&name).await?;
        context.result(&name).await?;
        Ok(())
    }));
    assert_eq!(worker.drain().await.expect("answers"), 1);
    let job = shop.get(id).await;
    let result = job.result.expect("there");
    for stored in [&job.args, &result] {
        assert!(!String::from_utf8_lossy(stored).contains("Ada"), "stored in the open");
        let opened: Personal<String> = shop.jobs.open(shop.workspace, stored).await.expect("answers");
        assert_eq!(opened.open().map(String::as_str), Some("Ada Lovelace"));
    }
}

async fn what_is_too_large_is_refused(place: Place) {
    let shop = Shop::open(place).await;
    let refused = shop.jobs.job(shop.workspace, KIND, &"x".repeat(jobs::MAX_BYTES)).await;
    assert!(matches!(refused, Err(JobError::TooLarge { what: "arguments", .. })), "{refused:?}");
}

async fn a_running_worker_hears_of_jobs_at_once(place: Place) {
    let shop = Shop::open(place).await;
    // Without a word it would look again in an hour.
    let settings = jobs::Settings { poll: Duration::from_hours(1), ..super::shop::settings() };
    let worker = jobs::Worker::new(shop.jobs.clone(), vec![std::sync::Arc::new(Does::nothing())], settings);
    let task = tokio::spawn(async move { worker.run(std::future::pending()).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let id = shop.enqueue(shop.job(1).await).await;
    soon("it ran", async || shop.state(id).await == State::Succeeded).await;
    task.abort();
}
