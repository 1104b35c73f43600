//! One process at a time runs a subscriber, and another takes it over.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bus::Settings;
use testkit::{Place, on_both};
use tokio::time::sleep;

use testkit::conformance::bus::toy::{Bench, CounterId, Listener, Process, Reply, quick};

on_both!(another_process_stands_by, a_dead_process_is_replaced_in_time, a_stop_hands_over_at_once);
on_both!(a_stop_waits_for_what_is_at_work, a_former_holder_changes_nothing, a_broken_database_is_survived);

/// Two processes with the same subscriber; the first has its lease.
async fn two(bench: &Bench, first: &Arc<Listener>, second: &Arc<Listener>, settings: &Settings) -> (Process, Process) {
    let leader = bench.start_with(first, settings.clone());
    bench.count(CounterId::new(), [0]).await;
    first.until(|seen| seen.iter().any(|seen| seen.done)).await;
    (leader, bench.start_with(second, settings.clone()))
}

async fn another_process_stands_by(place: Place) {
    let bench = Bench::on(place).await;
    let (first, second) = (Listener::told(|_| Reply::Fine).shared(), Listener::told(|_| Reply::Fine).shared());
    // A loaded machine may stop a process for longer than the short lease of the other tests.
    let settings = Settings { lease: Duration::from_secs(3), ..quick() };
    let (leader, other) = two(&bench, &first, &second, &settings).await;
    // Longer than a lease: it is renewed.
    for _ in 0..5 {
        sleep(Duration::from_millis(800)).await;
        bench.count(CounterId::new(), [1]).await;
    }
    bench.settled(&first).await;
    assert_eq!((first.seen().len(), second.seen().len()), (12, 0));
    leader.stop().await;
    other.stop().await;
}

async fn a_dead_process_is_replaced_in_time(place: Place) {
    let bench = Bench::on(place).await;
    let first = Listener::told(|seen| if seen.number == 13 { Reply::Hang } else { Reply::Fine }).shared();
    let second = Listener::told(|_| Reply::Fine).shared();
    let (leader, other) = two(&bench, &first, &second, &quick()).await;
    let id = CounterId::new();
    bench.count(id, [13, 1]).await;
    first.until(|seen| seen.iter().any(|seen| seen.number == 13)).await;
    leader.kill().await;
    let killed = Instant::now();
    second.until(|_| second.done(id) == [1, 2]).await;
    // A lease is 400 ms; the rest is for a machine that does other things too.
    assert!(killed.elapsed() < Duration::from_secs(20), "{:?}", killed.elapsed());
    other.stop().await;
}

async fn a_stop_hands_over_at_once(place: Place) {
    let bench = Bench::on(place).await;
    let (first, second) = (Listener::told(|_| Reply::Fine).shared(), Listener::told(|_| Reply::Fine).shared());
    let settings = Settings { lease: Duration::from_mins(2), ..quick() };
    let (leader, other) = two(&bench, &first, &second, &settings).await;
    leader.stop().await;
    let id = CounterId::new();
    bench.count(id, [1]).await;
    second.until(|_| second.done(id) == [1]).await;
    assert_eq!(second.seen().len(), 2, "what the first had done came again");
    other.stop().await;
}

async fn a_stop_waits_for_what_is_at_work(place: Place) {
    let bench = Bench::on(place).await;
    let id = CounterId::new();
    let listener = Listener::told(|seen| if seen.number == 13 { Reply::After(300) } else { Reply::Fine }).shared();
    let process = bench.start(&listener);
    bench.count(id, [13, 1]).await;
    listener.until(|seen| !seen.is_empty()).await;
    process.stop().await;
    assert_eq!(listener.done(id), [1]);
    assert_eq!(bench.status(&listener).await.behind, 1);
    let process = bench.start(&listener);
    bench.settled(&listener).await;
    process.stop().await;
    assert_eq!(listener.done(id), [1, 2]);
    // A handler that does not end is left behind after the grace.
    let stuck = Listener { name: "toy.stuck", ..Listener::told(|_| Reply::Hang) }.shared();
    let process = bench.start_with(&stuck, Settings { grace: Duration::from_millis(100), ..quick() });
    stuck.until(|seen| !seen.is_empty()).await;
    let asked = Instant::now();
    process.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    assert_eq!(bench.status(&stuck).await.behind, 2);
}

/// A process that was paused for longer than its lease, in the middle of a handler.
async fn a_former_holder_changes_nothing(place: Place) {
    let bench = Bench::on(place).await;
    let first = Listener::told(|_| Reply::Hang).shared();
    let id = CounterId::new();
    let leader = bench.start(&first);
    bench.count(id, [1]).await;
    first.until(|seen| !seen.is_empty()).await;
    leader.kill().await;
    let old = first.receipts.lock().expect("no panic before")[0].clone();
    let second = Listener::told(|_| Reply::Hang).shared();
    let heir = bench.start(&second);
    second.until(|seen| !seen.is_empty()).await;
    let new = second.receipts.lock().expect("no panic before")[0].clone();
    let take = async |receipt: bus::Receipt| {
        let tenant = bench.log.database().tenant(bench.workspace);
        let taken: Result<bool, sql::SqlError> =
            tenant.write(move |tx| Box::pin(async move { receipt.take(tx).await })).await;
        taken.expect("asked")
    };
    assert!(!take(old).await, "it lost the subscription");
    assert!(take(new.clone()).await);
    assert!(!take(new).await, "it was handled");
    heir.kill().await;
}

async fn a_broken_database_is_survived(place: Place) {
    let bench = Bench::on(place).await;
    let listener = Listener::told(|seen| if seen.attempt == 1 { Reply::Retry } else { Reply::Effect }).shared();
    let process = bench.start(&listener);
    let rename = async |from: &str, to: &str| {
        let text = sql::Sql::made(format!("ALTER TABLE {from} RENAME TO {to}"));
        let database = bench.log.database();
        let done: Result<u64, sql::SqlError> =
            database.write(sql::Scope::System, move |tx| Box::pin(async move { tx.execute(text, vec![]).await })).await;
        done.expect("renamed");
    };
    let id = CounterId::new();
    bench.count(id, [1]).await;
    listener.until(|_| listener.done(id) == [1]).await;
    rename("held_facts", "out_of_reach").await;
    bench.count(id, [2]).await;
    sleep(Duration::from_millis(300)).await;
    rename("out_of_reach", "held_facts").await;
    bench.count(id, [3]).await;
    listener.until(|_| listener.done(id).ends_with(&[2, 3])).await;
    process.stop().await;
    let versions: Vec<u64> = bench.effects().await.into_iter().map(|(_, version)| version).collect();
    assert_eq!(versions, [1, 2, 3]);
}
