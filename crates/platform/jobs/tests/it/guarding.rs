//! What an attempt of before, a late word or a strange text cannot do.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use jobs::{Cancelled, Failure, JobError, Retry, Settings, State, Worker};
use testkit::{Place, on_both};
use tokio::sync::Notify;

use testkit::conformance::jobs::shop::{Does, Shop, settings, soon, worker};

on_both!(
    an_attempt_of_before_writes_nothing_while_another_runs,
    a_long_job_keeps_its_lease,
    a_cancelled_job_whose_worker_dies_is_cancelled,
    a_job_that_another_worker_has_by_now_is_told_to_stop,
    a_running_job_is_neither_edited_nor_retried,
    a_text_with_nul_ends_its_job_all_the_same,
    a_worker_hears_of_a_fact_s_job_however_slow_its_commit
);

/// Runs until it is let go.
fn hangs(begun: &Arc<Notify>, go: &Arc<Notify>) -> Does {
    let (begun, go) = (Arc::clone(begun), Arc::clone(go));
    Does::new(move |context| {
        let (begun, go) = (Arc::clone(&begun), Arc::clone(&go));
        async move {
            begun.notify_one();
            go.notified().await;
            Ok(context.result(&"mine").await?)
        }
    })
}

async fn an_attempt_of_before_writes_nothing_while_another_runs(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await).await;
    let (asleep, awake) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (sleeps, wakes) = (Arc::clone(&asleep), Arc::clone(&awake));
    let sleeper = Does::new(move |context| {
        let (sleeps, wakes) = (Arc::clone(&sleeps), Arc::clone(&wakes));
        async move {
            sleeps.notify_one();
            wakes.notified().await;
            context.log("from beyond");
            context.progress(7, None, "rows");
            let point = context.checkpoint(&9).await;
            assert!(matches!(point, Err(JobError::LeaseLost { attempt: 1, .. })), "{point:?}");
            let done: Result<(), JobError> = context.complete_in(|_| async { Ok(()) }.boxed()).await;
            assert!(matches!(done, Err(JobError::LeaseLost { .. })), "{done:?}");
            Ok(())
        }
    });
    let first = worker(&shop.elsewhere(), vec![Arc::new(sleeper)]);
    let first = tokio::spawn(async move { first.drain().await });
    asleep.notified().await;
    shop.advance(31);
    shop.worker(Does::nothing()).drain().await.expect("rescued");
    shop.advance(2);
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let second = shop.worker(hangs(&begun, &go));
    let second = tokio::spawn(async move { second.drain().await });
    begun.notified().await;
    awake.notify_one();
    first.await.expect("no assertion failed").expect("answers");
    let job = shop.get(id).await;
    assert_eq!((job.state, job.token, job.error.as_deref()), (State::Running, 2, Some("its worker was lost")));
    assert!(job.log.is_empty() && job.progress.is_none(), "{job:?}");
    go.notify_one();
    second.await.expect("ended").expect("answers");
    let job = shop.get(id).await;
    assert_eq!((job.state, job.result.as_deref()), (State::Succeeded, Some(br#""mine""#.as_slice())));
}

async fn a_long_job_keeps_its_lease(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await).await;
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let patient = worker(&shop.elsewhere(), vec![Arc::new(hangs(&begun, &go))]);
    let task = tokio::spawn(async move { patient.run(std::future::pending()).await });
    begun.notified().await;
    let other = shop.worker(Does::nothing());
    for _ in 0..4 {
        shop.advance(20);
        soon("a sign of life", async || shop.leased_for(20).await).await;
        other.drain().await.expect("nobody to rescue");
    }
    go.notify_one();
    soon("it ended", async || shop.state(id).await.is_end()).await;
    let job = shop.get(id).await;
    assert_eq!((job.state, job.token), (State::Succeeded, 1));
    task.abort();
}

async fn a_cancelled_job_whose_worker_dies_is_cancelled(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await).await;
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let deaf = worker(&shop.elsewhere(), vec![Arc::new(hangs(&begun, &go))]);
    let task = tokio::spawn(async move { deaf.run(std::future::pending()).await });
    begun.notified().await;
    task.abort();
    assert!(task.await.is_err_and(|end| end.is_cancelled()));
    assert_eq!(shop.jobs.cancel(shop.workspace, id).await.expect("answers"), Cancelled::Asked);
    shop.advance(31);
    shop.worker(Does::nothing()).drain().await.expect("rescued");
    let job = shop.get(id).await;
    assert!(job.state == State::Cancelled && job.ended_at.is_some(), "{job:?}");
    // Replayed, nobody wants it to end any more.
    shop.jobs.retry(shop.workspace, id).await.expect("answers");
    shop.worker(Does::fails(Retry::BackOff)).drain().await.expect("answers");
    assert_eq!(shop.state(id).await, State::Failed);
}

async fn a_running_job_is_neither_edited_nor_retried(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await).await;
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let busy = shop.worker(hangs(&begun, &go));
    let task = tokio::spawn(async move { busy.drain().await });
    begun.notified().await;
    for refused in [shop.jobs.edit(shop.workspace, id, &2).await, shop.jobs.retry(shop.workspace, id).await] {
        assert!(matches!(refused, Err(JobError::WrongState { state: State::Running, .. })), "{refused:?}");
    }
    go.notify_one();
    task.await.expect("ended").expect("answers");
    assert_eq!(shop.get(id).await.args, b"1");
}

/// PostgreSQL has no texts with NUL; an ending that it refuses would be written for ever, and all others with it.
async fn a_text_with_nul_ends_its_job_all_the_same(place: Place) {
    let shop = Shop::open(place).await;
    let (first, second) = (shop.enqueue(shop.job(1).await).await, shop.enqueue(shop.job(2).await).await);
    let worker = shop.worker(Does::new(|context| async move {
        context.log("a \0 line");
        context.progress(1, None, "ro\0ws");
        context.result(&"a \0 result").await?;
        if context.args::<u32>().await? == 1 {
            return Err(Failure::new("a \0 byte", Retry::Never));
        }
        panic!("a \0 panic")
    }));
    assert_eq!(worker.drain().await.expect("written down"), 2);
    let job = shop.get(first).await;
    assert_eq!((job.state, job.error.as_deref()), (State::Dead, Some("a  byte")));
    assert_eq!((job.progress.expect("there").unit.as_str(), job.log), ("rows", vec!["a \0 line".to_owned()]));
    let job = shop.get(second).await;
    assert_eq!((job.state, job.error.as_deref()), (State::Failed, Some("the handler panicked: a  panic")));
}

/// The worker has looked in vain by the time of the commit, and would look again in an hour.
async fn a_worker_hears_of_a_fact_s_job_however_slow_its_commit(place: Place) {
    let shop = Shop::open(place).await;
    let lazy = Settings { poll: Duration::from_hours(1), lease: Duration::from_hours(10), ..settings() };
    let worker = Worker::new(shop.jobs.clone(), vec![Arc::new(Does::nothing())], lazy);
    let task = tokio::spawn(async move { worker.run(std::future::pending()).await });
    for slow in [0, 200] {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (jobs, job) = (shop.jobs.clone(), shop.job(1).await);
        let also: eventlog::Also = Box::new(move |tx, _| {
            async move {
                jobs.enqueue_in(tx, vec![job]).await?;
                tokio::time::sleep(Duration::from_millis(slow)).await;
                Ok(())
            }
            .boxed()
        });
        shop.happens(also).await;
        soon("the job of the fact ran", async || shop.jobs.counts().await.expect("answers").is_empty()).await;
    }
    assert_eq!(
        shop.place.database.all("SELECT 1 FROM jobs WHERE state = 'succeeded'", vec![]).await.expect("read").len(),
        2
    );
    task.abort();
}

/// By the next sign of life of its worker, which sees that another attempt has begun.
async fn a_job_that_another_worker_has_by_now_is_told_to_stop(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await).await;
    let (begun, told) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, tells) = (Arc::clone(&begun), Arc::clone(&told));
    let patient = Does::new(move |context| {
        let (begins, tells) = (Arc::clone(&begins), Arc::clone(&tells));
        async move {
            begins.notify_one();
            while !context.is_cancelled() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tells.notify_one();
            Ok(())
        }
    });
    let quick = Settings { lease: Duration::from_millis(600), ..settings() };
    let worker = Worker::new(shop.elsewhere(), vec![Arc::new(patient)], quick);
    let task = tokio::spawn(async move { worker.run(std::future::pending()).await });
    begun.notified().await;
    shop.sql("INSERT INTO job_workers (id, started_at, leased_until) SELECT id, 0, 9000000000000000000 FROM jobs")
        .await;
    shop.sql("UPDATE jobs SET attempt = attempt + 1, worker = id").await;
    tokio::time::timeout(Duration::from_secs(10), told.notified()).await.expect("it is told");
    let job = shop.get(id).await;
    assert_eq!((job.state, job.token), (State::Running, 2));
    task.abort();
}
