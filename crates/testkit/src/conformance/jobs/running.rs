//! What becomes of a job that runs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use jobs::{
    BackOff, Cancelled, Context, Enqueued, Failure, JobError, JobId, KindLimits, NewJob, Priority, Retry, State, Worker,
};
use kernel::{Timestamp, WorkspaceId};
use sql::args;

use super::shop::{Does, NOON, SECOND, Seen, Shop, settings, soon, worker};
use crate::{Place, conformance::rules::rules};

rules!(
    a_failed_job_is_tried_again_later_and_dies_in_the_end,
    a_failure_says_what_comes_of_it,
    who_waits_for_others_uses_up_no_attempt,
    a_panic_and_a_timeout_are_failures,
    priority_decides_and_then_age,
    a_kind_keeps_to_its_concurrency,
    a_rate_holds_for_all_workers_together,
    a_paused_kind_waits,
    progress_log_and_result_are_shown,
    a_running_job_sees_that_it_is_cancelled,
    one_id_in_two_workspaces_is_two_jobs,
    what_is_completed_with_its_effect_is_done_once,
    a_change_of_the_log_completes_its_job
);

async fn a_failed_job_is_tried_again_later_and_dies_in_the_end(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await.max_attempts(3)).await;
    let back_off = BackOff { first: Duration::from_secs(10), most: Duration::from_hours(1) };
    let worker = shop.worker(Does::fails(Retry::BackOff).limited(KindLimits { back_off, ..KindLimits::default() }));
    for (attempt, least, most) in [(1, 5, 10), (2, 10, 20)] {
        let now = shop.get(id).await.run_at;
        assert_eq!(worker.drain().await.expect("answers"), 1);
        let job = shop.get(id).await;
        assert_eq!((job.state, job.attempt, job.error.as_deref()), (State::Failed, attempt, Some("on purpose")));
        let wait = job.run_at.0 - now.0;
        assert!((least * SECOND..=most * SECOND).contains(&wait), "{wait}");
        shop.clock.advance_micros(wait - 1);
        assert_eq!(worker.drain().await.expect("answers"), 0);
        shop.clock.advance_micros(1);
    }
    assert_eq!(worker.drain().await.expect("answers"), 1);
    let job = shop.get(id).await;
    assert_eq!((job.state, job.attempt), (State::Dead, 3));
    assert!(job.ended_at.is_some());
    shop.advance(100_000);
    assert_eq!(worker.drain().await.expect("answers"), 0);
}

async fn a_failure_says_what_comes_of_it(place: Place) {
    let shop = Shop::open(place).await;
    for (retry, state, run_at) in
        [(Retry::Never, State::Dead, NOON), (Retry::After(Duration::from_secs(77)), State::Failed, NOON + 77 * SECOND)]
    {
        let id = shop.enqueue(shop.job(1).await).await;
        assert_eq!(shop.worker(Does::fails(retry)).drain().await.expect("answers"), 1);
        let job = shop.get(id).await;
        assert_eq!((job.state, job.run_at), (state, Timestamp(run_at)), "{retry:?}");
    }
}

async fn who_waits_for_others_uses_up_no_attempt(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await.max_attempts(1)).await;
    let waits = shop.worker(Does::fails(Retry::Wait(Duration::from_secs(9))));
    for turn in 0..3 {
        assert_eq!(waits.drain().await.expect("answers"), 1);
        let job = shop.get(id).await;
        assert_eq!((job.state, job.attempt, job.error), (State::Queued, 0, None));
        assert_eq!(job.run_at, Timestamp(NOON + (turn + 1) * 9 * SECOND));
        assert_eq!(waits.drain().await.expect("answers"), 0, "not before its time");
        shop.advance(9);
    }
    assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 1);
    assert_eq!(shop.state(id).await, State::Succeeded);
}

async fn a_panic_and_a_timeout_are_failures(place: Place) {
    let shop = Shop::open(place).await;
    let limits = KindLimits { timeout: Duration::from_millis(50), ..KindLimits::default() };
    let worker = shop.worker(
        Does::new(|context| async move {
            match context.args::<u32>().await? {
                1 => panic!("on purpose"),
                _ => std::future::pending().await,
            }
        })
        .limited(limits),
    );
    let (first, second) = (shop.enqueue(shop.job(1).await).await, shop.enqueue(shop.job(2).await).await);
    assert_eq!(worker.drain().await.expect("answers"), 2);
    for (id, error) in [(first, "the handler panicked: on purpose"), (second, "it took longer than 50ms")] {
        let job = shop.get(id).await;
        assert_eq!((job.state, job.error.as_deref()), (State::Failed, Some(error)));
    }
}

async fn priority_decides_and_then_age(place: Place) {
    let shop = Shop::open(place).await;
    for slots in [1, 6] {
        priority_decides(&shop, slots).await;
    }
}

async fn priority_decides(shop: &Shop, slots: u16) {
    for (number, priority) in [(1, Priority::Low), (2, Priority::Normal), (3, Priority::Urgent), (4, Priority::High)] {
        shop.enqueue(shop.job(number).await.priority(priority)).await;
        shop.advance(1);
    }
    shop.enqueue(shop.job(5).await).await;
    shop.enqueue(shop.job(6).await.at(Timestamp(NOON - SECOND))).await;
    let seen = Seen::default();
    let note = seen.clone();
    let one = jobs::Settings { slots, ..settings() };
    let handler = Does::new(move |context| {
        let note = note.clone();
        async move {
            note.add(context.args::<u32>().await?.to_string());
            Ok(())
        }
    });
    assert_eq!(Worker::new(shop.jobs.clone(), vec![Arc::new(handler)], one).drain().await.expect("answers"), 6);
    assert_eq!(seen.all(), ["3", "4", "6", "2", "5", "1"]);
}

async fn a_kind_keeps_to_its_concurrency(place: Place) {
    let shop = Shop::open(place).await;
    let (now, most, count) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)), 12);
    let (current, highest) = (Arc::clone(&now), Arc::clone(&most));
    let narrow = Does::new(move |_| {
        let (current, highest) = (Arc::clone(&current), Arc::clone(&highest));
        async move {
            highest.fetch_max(current.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
            current.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
    });
    let mut ids = Vec::new();
    for number in 0..count {
        let priority = if number % 2 == 0 { Priority::High } else { Priority::Low };
        ids.push(shop.enqueue(shop.job(number).await.priority(priority)).await);
    }
    let limits = KindLimits { concurrency: Some(2), ..KindLimits::default() };
    let worker = shop.worker(narrow.limited(limits));
    let task = tokio::spawn(async move { worker.run(std::future::pending()).await });
    for id in ids {
        soon("all done", async || shop.state(id).await == State::Succeeded).await;
    }
    assert_eq!(most.load(Ordering::SeqCst), 2);
    task.abort();
}

async fn a_rate_holds_for_all_workers_together(place: Place) {
    let shop = Shop::open(place).await;
    let rate = Some(cache::Limit::new(1, Duration::from_secs(1), 3).expect("there"));
    let make = || {
        let handler = Does::nothing().limited(KindLimits { rate, ..KindLimits::default() });
        worker(&shop.elsewhere(), vec![Arc::new(handler), Arc::new(Does::nothing().of("test.other"))])
    };
    let (first, second) = (make(), make());
    for number in 0..10 {
        shop.enqueue(shop.job(number).await).await;
    }
    shop.enqueue(shop.jobs.job(shop.workspace, "test.other", &1).await.expect("answers")).await;
    assert_eq!((first.drain().await.expect("answers"), second.drain().await.expect("answers")), (4, 0));
    shop.advance(2);
    assert_eq!((second.drain().await.expect("answers"), first.drain().await.expect("answers")), (2, 0));
    shop.advance(60);
    assert_eq!((second.drain().await.expect("answers"), first.drain().await.expect("answers")), (3, 0));
}

async fn a_paused_kind_waits(place: Place) {
    let shop = Shop::open(place).await;
    shop.enqueue(shop.job(1).await).await;
    shop.enqueue(shop.jobs.job(shop.workspace, "test.other", &1).await.expect("answers")).await;
    let worker = worker(&shop.jobs, vec![Arc::new(Does::nothing()), Arc::new(Does::nothing().of("test.other"))]);
    shop.jobs.pause(super::shop::KIND).await.expect("answers");
    assert_eq!(shop.jobs.paused().await.expect("answers"), [super::shop::KIND]);
    assert_eq!(worker.drain().await.expect("answers"), 1);
    shop.jobs.resume(super::shop::KIND).await.expect("answers");
    assert_eq!(worker.drain().await.expect("answers"), 1);
}

async fn progress_log_and_result_are_shown(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await).await;
    let (clock, gate) = (shop.clock.clone(), Arc::new(tokio::sync::Notify::new()));
    let open = Arc::clone(&gate);
    let worker = shop.worker(Does::new(move |context| {
        let (clock, gate) = (clock.clone(), Arc::clone(&gate));
        async move {
            context.progress(100, Some(1_000), "rows");
            clock.advance_micros(2 * SECOND);
            context.progress(300, Some(1_000), "rows");
            context.log("began");
            gate.notified().await;
            context.log("ended");
            context.result(&"a file").await?;
            Ok(())
        }
    }));
    let task = tokio::spawn(async move { worker.run(std::future::pending()).await });
    soon("progress is stored", async || shop.get(id).await.progress.is_some()).await;
    let job = shop.get(id).await;
    let progress = job.progress.expect("there");
    assert_eq!((progress.done, progress.total, progress.unit.as_str()), (300, Some(1_000), "rows"));
    assert_eq!(progress.rate, Some(100.0));
    assert_eq!(progress.eta, Some(Timestamp(NOON + 9 * SECOND)));
    assert_eq!((job.state, job.log, job.result), (State::Running, vec!["began".to_owned()], None));
    open.notify_one();
    soon("it ended", async || shop.state(id).await == State::Succeeded).await;
    let job = shop.get(id).await;
    assert_eq!((job.log, job.result), (vec!["began".to_owned(), "ended".to_owned()], Some(br#""a file""#.to_vec())));
    task.abort();
}

/// Of this process at once, of another by its heartbeat.
async fn a_running_job_sees_that_it_is_cancelled(place: Place) {
    let shop = Shop::open(place).await;
    let begun = Seen::default();
    let patient = || {
        let begun = begun.clone();
        Does::new(move |context: Context| {
            begun.add(context.job().0.to_string());
            async move {
                while !context.is_cancelled() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(Failure::new("stopped half-way", Retry::BackOff))
            }
        })
    };
    for (queue, lease) in [(shop.jobs.clone(), Duration::from_hours(1)), (shop.elsewhere(), Duration::from_millis(600))]
    {
        let quick = jobs::Settings { lease, ..settings() };
        let id = shop.enqueue(shop.job(1).await).await;
        let worker = Worker::new(queue, vec![Arc::new(patient())], quick);
        let task = tokio::spawn(async move { worker.run(std::future::pending()).await });
        // Between the commit of a claim and its answer only the heartbeat tells it.
        soon("it runs", async || begun.all().contains(&id.0.to_string())).await;
        assert_eq!(shop.jobs.cancel(shop.workspace, id).await.expect("answers"), Cancelled::Asked);
        soon("it ended", async || shop.state(id).await == State::Cancelled).await;
        let again = shop.jobs.cancel(shop.workspace, id).await.expect("answers");
        assert_eq!(again, Cancelled::Ended(State::Cancelled));
        task.abort();
    }
}

/// Whichever of them came last to the worker: one is told to end, the other goes on, and both endings are written.
async fn one_id_in_two_workspaces_is_two_jobs(place: Place) {
    let shop = Shop::open(place).await;
    let (id, other) = (JobId::new(), WorkspaceId::new());
    let go = Arc::new(tokio::sync::Notify::new());
    let open = Arc::clone(&go);
    let worker = shop.worker(Does::new(move |context| {
        let go = Arc::clone(&open);
        async move {
            while !context.is_cancelled() {
                if tokio::time::timeout(Duration::from_millis(5), go.notified()).await.is_ok() {
                    return Ok(());
                }
            }
            Err(Failure::new("stopped half-way", Retry::BackOff))
        }
    }));
    let task = tokio::spawn(async move { worker.run(std::future::pending()).await });
    let state = async |workspace| shop.jobs.get(workspace, id).await.expect("there").state;
    for workspace in [other, shop.workspace] {
        let job = NewJob::of_json(workspace, super::shop::KIND, b"1".to_vec()).expect("small").with_id(id);
        assert_eq!(shop.jobs.enqueue(job).await.expect("answers"), Enqueued::New(id));
        soon("it runs", async || state(workspace).await == State::Running).await;
    }
    assert_eq!(shop.jobs.cancel(other, id).await.expect("answers"), Cancelled::Asked);
    soon("it is cancelled", async || state(other).await == State::Cancelled).await;
    assert_eq!(state(shop.workspace).await, State::Running);
    go.notify_one();
    soon("it succeeds", async || state(shop.workspace).await == State::Succeeded).await;
    task.abort();
}

async fn what_is_completed_with_its_effect_is_done_once(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await).await;
    let fails_first = Arc::new(AtomicU32::new(0));
    let worker = shop.worker(Does::new(move |context| {
        let tries = fails_first.fetch_add(1, Ordering::SeqCst);
        async move {
            let job = context.job();
            context.result(&tries).await?;
            let done: Result<(), JobError> = context
                .complete_in(move |tx| {
                    async move {
                        let insert = "INSERT INTO effects (workspace_id, job, note) VALUES ($1, $2, 'done')";
                        tx.execute(insert, args![job.0]).await?;
                        if tries == 0 { Err(JobError::NotFound { id: job }) } else { Ok(()) }
                    }
                    .boxed()
                })
                .await;
            match done {
                // What fails after the end changes nothing any more.
                Ok(()) => Err(Failure::new("too late", Retry::BackOff)),
                Err(_) => Err(Failure::new("the work failed", Retry::After(Duration::ZERO))),
            }
        }
    }));
    assert_eq!(worker.drain().await.expect("answers"), 2);
    let job = shop.get(id).await;
    assert_eq!((job.state, job.result.as_deref(), job.error), (State::Succeeded, Some(b"1".as_slice()), None));
    assert_eq!(shop.effects().await, ["done"]);
}

async fn a_change_of_the_log_completes_its_job(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await).await;
    let database = shop.place.database.clone();
    // The hook as the log calls it, in its own transaction and with its own errors.
    let worker = shop.worker(Does::new(move |context| {
        let database = database.clone();
        async move {
            for expected in [true, false] {
                let hook = context.completion();
                let done: Result<(), eventlog::LogError> = database
                    .write(sql::Scope::Workspace(context.workspace()), move |tx| {
                        async move { hook(tx, &[]).await }.boxed()
                    })
                    .await;
                assert_eq!(done.is_ok(), expected, "{done:?}");
            }
            Ok(())
        }
    }));
    assert_eq!(worker.drain().await.expect("answers"), 1);
    assert_eq!(shop.state(id).await, State::Succeeded);
}
