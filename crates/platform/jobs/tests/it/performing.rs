//! Jobs that the process which stores them does itself.

use std::{sync::Arc, time::Duration};

use jobs::{Enqueued, Failure, Filter, Job, Retry, State, Unique};
use kernel::{Cancel, PageRequest};
use testkit::{Place, on_both};
use tokio::sync::Notify;

use testkit::conformance::jobs::shop::{Does, Seen, Shop, soon, worker};

on_both!(
    it_runs_here_and_is_a_job_to_all,
    a_failure_is_stored_and_a_cancellation_seen_from_both_sides,
    one_that_is_there_already_is_not_done,
    a_killed_one_is_a_dead_letter_or_taken_up_by_a_worker
);

async fn listed(shop: &Shop) -> Vec<Job> {
    let (all, first) = (Filter::default(), PageRequest::default());
    shop.jobs.list(shop.workspace, &all, &first).await.expect("listed").items
}

async fn it_runs_here_and_is_a_job_to_all(place: Place) {
    let shop = Shop::open(place).await;
    let (gate, entered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (wait, enter) = (Arc::clone(&gate), Arc::clone(&entered));
    let handler = Does::new(move |context| {
        let (wait, enter) = (Arc::clone(&wait), Arc::clone(&enter));
        async move {
            context.progress(3, Some(7), "rows");
            enter.notify_one();
            wait.notified().await;
            context.log("the end");
            context.result(&42).await?;
            Ok(())
        }
    });
    let (jobs, new) = (shop.jobs.clone(), shop.job(1).await);
    let task = tokio::spawn(async move { jobs.perform(new, Arc::new(handler), Cancel::default()).await });
    entered.notified().await;
    let other = worker(&shop.elsewhere(), vec![Arc::new(Does::nothing())]);
    assert_eq!(other.drain().await.expect("answers"), 0, "nobody else sees it waiting");
    let id = listed(&shop).await[0].id;
    soon("its progress is stored", async || shop.get(id).await.progress.is_some_and(|seen| seen.done == 3)).await;
    assert_eq!(shop.state(id).await, State::Running);
    gate.notify_one();
    assert_eq!(task.await.expect("ended").expect("done"), Enqueued::New(id));
    let job = shop.get(id).await;
    assert_eq!((job.state, job.attempt, job.log), (State::Succeeded, 1, vec!["the end".to_owned()]));
}

async fn a_failure_is_stored_and_a_cancellation_seen_from_both_sides(place: Place) {
    let shop = Shop::open(place).await;
    let failing = Arc::new(Does::fails(Retry::Never));
    let done = shop.jobs.perform(shop.job(1).await, failing, Cancel::default()).await.expect("done");
    let job = shop.get(done.id()).await;
    assert_eq!((job.state, job.error.as_deref()), (State::Dead, Some("on purpose")));

    let until_cancelled = || {
        Arc::new(Does::new(|context| async move {
            while !context.is_cancelled() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Err(Failure::new("cancelled", Retry::Never))
        }))
    };
    let cancel = Cancel::default();
    cancel.cancel();
    let done = shop.jobs.perform(shop.job(2).await, until_cancelled(), cancel).await.expect("done");
    assert_eq!(shop.state(done.id()).await, State::Cancelled);

    let (jobs, new, cancel) = (shop.jobs.clone(), shop.job(3).await, Cancel::default());
    let (handler, raised) = (until_cancelled(), cancel.clone());
    let task = tokio::spawn(async move { jobs.perform(new, handler, raised).await });
    let running = async || listed(&shop).await.into_iter().find(|job| job.state == State::Running).map(|job| job.id);
    soon("it runs", async || running().await.is_some()).await;
    let id = running().await.expect("runs");
    shop.elsewhere().cancel(shop.workspace, id).await.expect("asked");
    // The next heartbeat sees it.
    let done = tokio::time::timeout(Duration::from_secs(20), task).await.expect("in time").expect("ended");
    assert_eq!(done.expect("done"), Enqueued::New(id));
    assert_eq!((shop.state(id).await, cancel.is_cancelled()), (State::Cancelled, true));
}

async fn one_that_is_there_already_is_not_done(place: Place) {
    let shop = Shop::open(place).await;
    let first = shop.enqueue(shop.job(1).await.unique(Unique::while_live("one"))).await;
    let seen = Seen::default();
    let note = seen.clone();
    let handler = Does::new(move |_| {
        let note = note.clone();
        async move {
            note.add("done".to_owned());
            Ok(())
        }
    });
    let again = shop.job(2).await.unique(Unique::while_live("one"));
    let done = shop.jobs.perform(again, Arc::new(handler), Cancel::default()).await.expect("answers");
    assert_eq!((done, seen.all().len()), (Enqueued::Existing(first), 0));
    assert_eq!(shop.state(first).await, State::Queued);
}

async fn a_killed_one_is_a_dead_letter_or_taken_up_by_a_worker(place: Place) {
    let shop = Shop::open(place).await;
    for most in [1, 2] {
        let entered = Arc::new(Notify::new());
        let enter = Arc::clone(&entered);
        let hangs = Does::new(move |_| {
            enter.notify_one();
            std::future::pending()
        });
        let (jobs, new) = (shop.elsewhere(), shop.job(most).await.max_attempts(most));
        let task = tokio::spawn(async move { jobs.perform(new, Arc::new(hangs), Cancel::default()).await });
        entered.notified().await;
        task.abort();
        assert!(task.await.is_err(), "killed");
    }
    shop.advance(31);
    let other = worker(&shop.elsewhere(), vec![Arc::new(Does::nothing())]);
    assert_eq!(other.drain().await.expect("answers"), 0, "rescued, and waits as after any failure");
    shop.advance(60);
    assert_eq!(other.drain().await.expect("answers"), 1);
    let mut states: Vec<State> = listed(&shop).await.into_iter().map(|job| job.state).collect();
    states.sort_by_key(|state| state.name());
    assert_eq!(states, [State::Dead, State::Succeeded]);
}
