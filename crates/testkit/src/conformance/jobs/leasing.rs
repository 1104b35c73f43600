//! Workers that die, sleep or stop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use jobs::{Failure, JobError, KindLimits, NEVER, NewBatch, Retry, Settings, State, Worker};
use kernel::Cancel;
use tokio::sync::Notify;

use super::shop::{Does, Seen, Shop, settings, soon, worker};
use crate::{Place, conformance::rules::rules};

rules!(
    a_killed_workers_job_goes_on_from_its_checkpoint,
    a_worker_that_lost_its_lease_writes_nothing,
    a_job_that_kills_its_workers_dies,
    only_who_knows_a_kind_rescues_its_jobs,
    a_claim_whose_answer_was_lost_is_given_back,
    a_worker_that_takes_its_lost_job_again_ends_it,
    a_stop_waits_for_what_runs_and_gives_back_the_rest,
    a_stop_cuts_off_what_does_not_end,
    workers_side_by_side_do_each_job_once,
    a_worker_goes_on_after_its_database_was_away
);

async fn a_killed_workers_job_goes_on_from_its_checkpoint(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await).await;
    let seen = Seen::default();
    let (note, killed) = (seen.clone(), Arc::new(Notify::new()));
    let hang = Arc::clone(&killed);
    let counting = move || {
        let (note, hang) = (note.clone(), Arc::clone(&hang));
        Does::new(move |context| {
            let (note, hang) = (note.clone(), Arc::clone(&hang));
            async move {
                let from: u32 = context.resume().await?.unwrap_or(0);
                for step in from..4 {
                    note.add(format!("{}: {step}", context.attempt()));
                    context.checkpoint(&(step + 1)).await?;
                    context.log("a step");
                    if context.attempt() == 1 && step == 1 {
                        hang.notify_one();
                        std::future::pending::<()>().await;
                    }
                }
                Ok(())
            }
        })
    };
    let first = worker(&shop.elsewhere(), vec![Arc::new(counting())]);
    let task = tokio::spawn(async move { first.run(std::future::pending()).await });
    killed.notified().await;
    soon("the log is stored", async || shop.get(id).await.log.len() == 2).await;
    killed_now(task).await;
    let second = worker(&shop.elsewhere(), vec![Arc::new(counting())]);
    shop.advance(29);
    assert_eq!(second.drain().await.expect("answers"), 0, "its lease still holds");
    shop.advance(2);
    assert_eq!(second.drain().await.expect("answers"), 0, "rescued, and waits as after any failure");
    let job = shop.get(id).await;
    assert_eq!((job.state, job.error.as_deref()), (State::Failed, Some("its worker was lost")));
    shop.advance(2);
    assert_eq!(second.drain().await.expect("answers"), 1);
    assert_eq!(seen.all(), ["1: 0", "1: 1", "2: 2", "2: 3"]);
    let job = shop.get(id).await;
    assert_eq!((job.state, job.attempt, job.log.len()), (State::Succeeded, 2, 4));
}

/// The first worker sleeps through its lease in the middle of a job, wakes, and tries everything that it could do.
async fn a_worker_that_lost_its_lease_writes_nothing(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await).await;
    let (asleep, awake) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let seen = Seen::default();
    let (sleeps, wakes, note) = (Arc::clone(&asleep), Arc::clone(&awake), seen.clone());
    let sleeper = Does::new(move |context| {
        let (sleeps, wakes, note) = (Arc::clone(&sleeps), Arc::clone(&wakes), note.clone());
        async move {
            sleeps.notify_one();
            wakes.notified().await;
            context.log("from beyond");
            context.progress(7, None, "rows");
            context.result(&"stolen").await?;
            let point = context.checkpoint(&9).await;
            assert!(matches!(point, Err(JobError::LeaseLost { attempt: 1, .. })), "{point:?}");
            assert!(context.is_cancelled(), "it is told to stop");
            let done: Result<(), JobError> = context
                .complete_in(|tx| {
                    Box::pin(async move {
                        tx.execute("INSERT INTO effects (workspace_id, job, note) VALUES ($1, $1, 'twice')", vec![])
                            .await?;
                        Ok(())
                    })
                })
                .await;
            assert!(matches!(done, Err(JobError::LeaseLost { .. })), "{done:?}");
            note.add("refused");
            Ok(())
        }
    });
    let first = worker(&shop.elsewhere(), vec![Arc::new(sleeper)]);
    // `drain` gives no sign of life while a handler runs.
    let task = tokio::spawn(async move { first.drain().await });
    asleep.notified().await;
    shop.advance(31);
    let second = shop.worker(Does::new(|context| async move { Ok(context.result(&"mine").await?) }));
    second.drain().await.expect("answers");
    shop.advance(2);
    assert_eq!(second.drain().await.expect("answers"), 1);
    awake.notify_one();
    task.await.expect("answers").expect("there");
    let job = shop.get(id).await;
    assert_eq!((job.state, job.token, job.result.as_deref()), (State::Succeeded, 2, Some(br#""mine""#.as_slice())));
    assert!(job.log.is_empty() && job.progress.is_none(), "{job:?}");
    assert!(shop.effects().await.is_empty());
    assert_eq!(seen.all(), ["refused"]);
}

async fn a_job_that_kills_its_workers_dies(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await.max_attempts(2)).await;
    for _ in 0..2 {
        let worker = worker(&shop.elsewhere(), vec![Arc::new(Does::new(|_| std::future::pending()))]);
        let task = tokio::spawn(async move { worker.run(std::future::pending()).await });
        soon("it runs", async || shop.state(id).await == State::Running).await;
        killed_now(task).await;
        shop.advance(100);
        assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 0, "rescued, and waits or is dead");
        shop.advance(100);
    }
    let job = shop.get(id).await;
    assert_eq!((job.state, job.attempt), (State::Dead, 2));
}

/// What it has begun may still go to its end; it begins nothing more.
async fn killed_now(task: tokio::task::JoinHandle<()>) {
    task.abort();
    assert!(task.await.is_err_and(|end| end.is_cancelled()));
}

/// What becomes of a job is for the limits of its kind to say, which others do not have.
async fn only_who_knows_a_kind_rescues_its_jobs(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await).await;
    let once = || KindLimits { max_attempts: 1, ..KindLimits::default() };
    let hangs = Does::new(|_| std::future::pending()).limited(once());
    let killed = worker(&shop.elsewhere(), vec![Arc::new(hangs)]);
    let task = tokio::spawn(async move { killed.run(std::future::pending()).await });
    soon("it runs", async || shop.state(id).await == State::Running).await;
    killed_now(task).await;
    shop.advance(31);
    let other = shop.jobs.job(shop.workspace, "test.other", &1).await.expect("written");
    let stranger = Arc::new(Does::nothing().of("test.other"));
    shop.jobs.perform(other, stranger.clone(), Cancel::default()).await.expect("done");
    worker(&shop.jobs, vec![stranger]).drain().await.expect("answers");
    assert_eq!(shop.state(id).await, State::Running, "nobody for it was here");
    shop.worker(Does::nothing().limited(once())).drain().await.expect("answers");
    let job = shop.get(id).await;
    assert_eq!((job.state, job.error.as_deref()), (State::Dead, Some("its worker was lost")));
}

/// A commit that was done and not heard of: the jobs are the worker's, which does not know of them, and it lives.
async fn a_claim_whose_answer_was_lost_is_given_back(place: Place) {
    let shop = Shop::open(place).await;
    let quick = Settings { lease: Duration::from_millis(600), ..settings() };
    let worker = Worker::new(shop.elsewhere(), vec![Arc::new(Does::nothing())], quick);
    let task = tokio::spawn(async move { worker.run(std::future::pending()).await });
    let id = shop.enqueue(shop.job(1).await.at(NEVER)).await;
    let batch = NewBatch { members: vec![shop.job(2).await.at(NEVER)], callback: None };
    let batch = shop.jobs.enqueue_batch(shop.workspace, batch).await.expect("answers");
    soon("it lives", async || shop.leased_for(0).await).await;
    // As a claim leaves them; somebody wants the one of the batch to end.
    let claim =
        "UPDATE jobs SET state = 'running', attempt = 1, run_at = enqueued_at, worker = (SELECT id FROM job_workers),
         cancel_at = CASE WHEN batch IS NOT NULL THEN 1 END";
    assert_eq!(shop.sql(claim).await, 2);
    soon("it is done", async || shop.state(id).await == State::Succeeded).await;
    let job = shop.get(id).await;
    assert_eq!((job.token, job.attempt), (2, 1), "what was never begun does not count");
    let left = async || shop.jobs.batch(shop.workspace, batch).await.expect("answers").expect("there").remaining;
    soon("the batch has ended", async || left().await == 0).await;
    task.abort();
}

/// Its first attempt does not hear that the job was taken away, and ends while the second one runs.
async fn a_worker_that_takes_its_lost_job_again_ends_it(place: Place) {
    let shop = Shop::open(place).await;
    let (seen, go) = (Seen::default(), [Arc::new(Notify::new()), Arc::new(Notify::new())]);
    let (note, gates) = (seen.clone(), go.clone());
    let deaf = Does::new(move |context| {
        let (note, gates) = (note.clone(), gates.clone());
        async move {
            let attempt = context.attempt();
            note.add(format!("{attempt} begins"));
            gates[usize::from(attempt > 1)].notified().await;
            note.add(format!("{attempt} ends"));
            Ok(context.result(&attempt).await?)
        }
    });
    let worker = worker(&shop.jobs, vec![Arc::new(deaf)]);
    let task = tokio::spawn(async move { worker.run(std::future::pending()).await });
    let id = shop.enqueue(shop.job(1).await).await;
    soon("the first begins", async || seen.all().len() == 1).await;
    // As who rescues it leaves it.
    shop.sql("UPDATE jobs SET state = 'failed', worker = NULL").await;
    soon("the second begins", async || seen.all().len() == 2).await;
    go[0].notify_one();
    soon("the first ends", async || seen.all().len() == 3).await;
    // Its ending is written, in vain.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(shop.state(id).await, State::Running);
    go[1].notify_one();
    soon("the second has ended it", async || shop.state(id).await == State::Succeeded).await;
    let job = shop.get(id).await;
    assert_eq!((job.token, job.result.as_deref()), (2, Some(b"2".as_slice())));
    assert_eq!(seen.all(), ["1 begins", "2 begins", "1 ends", "2 ends"]);
    task.abort();
}

async fn a_stop_waits_for_what_runs_and_gives_back_the_rest(place: Place) {
    let shop = Shop::open(place).await;
    let (started, go, end) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (count, wait) = (Arc::clone(&started), Arc::clone(&go));
    // Quick ones first, so that the worker fetches ahead.
    let handler = Does::new(move |context| {
        let (count, wait) = (Arc::clone(&count), Arc::clone(&wait));
        async move {
            if context.args::<u32>().await? >= 50 {
                count.fetch_add(1, Ordering::SeqCst);
                wait.notified().await;
            }
            Ok(())
        }
    });
    let mut jobs = Vec::new();
    for number in 0..100 {
        jobs.push(shop.job(number).await.at(kernel::Timestamp(super::shop::NOON - 1_000 + i64::from(number))));
    }
    let ids: Vec<_> = shop.jobs.enqueue_many(jobs).await.expect("answers").iter().map(|job| job.id()).collect();
    let worker = shop.worker(handler);
    let ended = Arc::clone(&end);
    let task = tokio::spawn(async move { worker.run(async move { ended.notified().await }).await });
    soon("four run", async || started.load(Ordering::SeqCst) == 4).await;
    end.notify_one();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!task.is_finished(), "it waits");
    for _ in 0..4 {
        go.notify_one();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    task.await.expect("answers");
    let mut states = Vec::new();
    for id in ids {
        let job = shop.get(id).await;
        assert!(job.state == State::Succeeded || (job.state, job.attempt) == (State::Queued, 0), "{job:?}");
        states.push(job.state);
    }
    assert_eq!(states.iter().filter(|state| **state == State::Succeeded).count(), 54);
    assert_eq!(shop.sql("DELETE FROM job_workers").await, 0, "it said good-bye");
}

async fn a_stop_cuts_off_what_does_not_end(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await.max_attempts(1)).await;
    let short = Settings { stop_after: Duration::from_millis(50), ..settings() };
    let handler = Arc::new(Does::new(|_| std::future::pending()));
    let worker = Worker::new(shop.jobs.clone(), vec![handler], short);
    let end = Arc::new(Notify::new());
    let ended = Arc::clone(&end);
    let task = tokio::spawn(async move { worker.run(async move { ended.notified().await }).await });
    soon("it runs", async || shop.state(id).await == State::Running).await;
    end.notify_one();
    task.await.expect("answers");
    let job = shop.get(id).await;
    assert_eq!((job.state, job.attempt, job.token), (State::Queued, 0, 1));
    assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 1);
    assert_eq!(shop.state(id).await, State::Succeeded);
}

async fn workers_side_by_side_do_each_job_once(place: Place) {
    let shop = Shop::open(place).await;
    let mut jobs = Vec::new();
    for number in 0..600 {
        jobs.push(shop.job(number).await);
    }
    let ids: Vec<_> = shop.jobs.enqueue_many(jobs).await.expect("answers").iter().map(|job| job.id()).collect();
    let seen = Seen::default();
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let note = seen.clone();
        let handler = Does::new(move |context| {
            note.add(context.job().to_string());
            // Some are tried again.
            let first = context.attempt() == 1 && context.job().0.as_u128() % 7 == 0;
            async move { if first { Err(Failure::new("once more", Retry::After(Duration::ZERO))) } else { Ok(()) } }
        });
        let worker = worker(&shop.elsewhere(), vec![Arc::new(handler)]);
        tasks.push(tokio::spawn(async move { worker.run(std::future::pending()).await }));
    }
    soon("the queue is empty", async || shop.jobs.counts().await.expect("answers").is_empty()).await;
    for task in tasks {
        task.abort();
    }
    let again = ids.iter().filter(|id| id.0.as_u128() % 7 == 0).count();
    assert_eq!(seen.all().len(), 600 + again);
    for id in ids {
        assert_eq!(shop.state(id).await, State::Succeeded);
    }
}

async fn a_worker_goes_on_after_its_database_was_away(place: Place) {
    let shop = Shop::open(place).await;
    let (go, long) = (Arc::new(Notify::new()), 7);
    let wait = Arc::clone(&go);
    let worker = shop.worker(Does::new(move |context| {
        let wait = Arc::clone(&wait);
        async move {
            if context.args::<u32>().await? == long {
                wait.notified().await;
            }
            Ok(())
        }
    }));
    let task = tokio::spawn(async move { worker.run(std::future::pending()).await });
    let before = shop.enqueue(shop.job(long).await).await;
    soon("it runs", async || shop.state(before).await == State::Running).await;
    // As good as away: nothing that the worker asks for can be answered.
    shop.sql("ALTER TABLE job_pauses RENAME TO job_pauses_away").await;
    let during = shop.enqueue(shop.job(1).await).await;
    // Until it has looked in vain: from then on endings and looks share a transaction.
    tokio::time::sleep(Duration::from_millis(200)).await;
    go.notify_one();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((shop.state(before).await, shop.state(during).await), (State::Running, State::Queued));
    shop.sql("ALTER TABLE job_pauses_away RENAME TO job_pauses").await;
    for id in [before, during] {
        soon("what ended meanwhile is written", async || shop.state(id).await == State::Succeeded).await;
        assert_eq!(shop.get(id).await.token, 1);
    }
    task.abort();
}
