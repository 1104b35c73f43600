//! What fails is tried again, and then parked.

use std::time::Duration;

use bus::Policy;

use super::toy::{Bench, CounterId, Listener, Reply, policy};
use crate::{Place, conformance::rules::rules};

rules!(
    a_failure_is_tried_again_in_its_turn,
    after_the_last_attempt_a_stream_is_parked,
    a_permanent_error_is_not_tried_again,
    a_panic_and_a_hang_are_failures,
    a_restart_keeps_what_is_parked,
    retries_wait_longer_each_time
);

async fn a_failure_is_tried_again_in_its_turn(place: Place) {
    let bench = Bench::on(place).await;
    let (shaky, other) = (CounterId::new(), CounterId::new());
    let listener =
        Listener::told(|seen| if seen.number == 13 && seen.attempt < 3 { Reply::Retry } else { Reply::Fine });
    let slowly = Policy { first_delay: Duration::from_millis(400), most_delay: Duration::from_secs(1), ..policy() };
    let listener = Listener { policy: slowly, ..listener }.shared();
    bench.count(shaky, [13, 1, 2]).await;
    bench.count(other, 0..5).await;
    bench.sealed().await;
    let process = bench.start(&listener);
    listener.until(|_| listener.done(shaky).len() == 3).await;
    let status = bench.settled(&listener).await;
    process.stop().await;
    assert_eq!((status.dead, status.parked), (0, 0));
    assert_eq!((listener.done(shaky), listener.done(other)), (vec![1, 2, 3], vec![1, 2, 3, 4, 5]));
    let attempts: Vec<u32> =
        listener.seen().iter().filter(|seen| seen.number == 13 && !seen.done).map(|seen| seen.attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
    // The others did not wait for it.
    let at = |version, stream: CounterId| {
        listener
            .seen()
            .iter()
            .position(|seen| seen.done && seen.version == version && seen.stream.ends_with(&stream.to_string()))
    };
    assert!(at(5, other) < at(1, shaky));
}

async fn after_the_last_attempt_a_stream_is_parked(place: Place) {
    let bench = Bench::on(place).await;
    let (bad, other) = (CounterId::new(), CounterId::new());
    let listener = Listener::told(|seen| if seen.number == 13 { Reply::Retry } else { Reply::Fine }).shared();
    let process = bench.start(&listener);
    bench.count(bad, [1, 13, 2]).await;
    bench.count(other, 0..3).await;
    listener.until(|seen| seen.iter().filter(|seen| seen.number == 13).count() == 3).await;
    let status = bench.settled(&listener).await;
    assert_eq!((status.dead, status.parked), (1, 1));
    // What comes now is parked too, and other streams go on.
    bench.count(bad, [3]).await;
    bench.count(other, 3..5).await;
    let status = bench.settled(&listener).await;
    assert_eq!((status.dead, status.parked), (1, 2));
    process.stop().await;
    assert_eq!((listener.done(bad), listener.done(other)), (vec![1], vec![1, 2, 3, 4, 5]));
}

async fn a_permanent_error_is_not_tried_again(place: Place) {
    let bench = Bench::on(place).await;
    let bad = CounterId::new();
    let listener = Listener::told(|seen| if seen.number == 13 { Reply::Permanent } else { Reply::Fine }).shared();
    let process = bench.start(&listener);
    bench.count(bad, [13, 1]).await;
    let status = bench.settled(&listener).await;
    process.stop().await;
    assert_eq!((status.dead, status.parked, listener.seen().len()), (1, 1, 1));
    let letters = bench.letters().list(bench.workspace, &kernel::PageRequest::default()).await.expect("listed");
    assert_eq!((letters.items[0].attempts, letters.items[0].error.as_str()), (1, "for ever"));
}

async fn a_panic_and_a_hang_are_failures(place: Place) {
    let bench = Bench::on(place).await;
    let listener = Listener::told(|seen| match (seen.number, seen.attempt) {
        (13, 1) => Reply::Panic,
        (13, 2) => Reply::Hang,
        _ => Reply::Fine,
    });
    let listener = Listener { policy: Policy { timeout: Duration::from_millis(100), ..policy() }, ..listener }.shared();
    let id = CounterId::new();
    let process = bench.start(&listener);
    bench.count(id, [13, 1]).await;
    listener.until(|_| listener.done(id).len() == 2).await;
    process.stop().await;
    assert_eq!(listener.done(id), [1, 2]);
}

async fn a_restart_keeps_what_is_parked(place: Place) {
    let bench = Bench::on(place).await;
    let (bad, other) = (CounterId::new(), CounterId::new());
    let listener = Listener::told(|seen| if seen.number == 13 { Reply::Permanent } else { Reply::Fine }).shared();
    for round in 1..=3 {
        let process = bench.start(&listener);
        bench.count(bad, [if round == 1 { 13 } else { 1 }]).await;
        bench.count(other, [1]).await;
        let status = bench.settled(&listener).await;
        assert_eq!((status.dead, status.parked), (1, round - 1));
        process.stop().await;
    }
    assert_eq!((listener.done(bad), listener.done(other)), (vec![], vec![1, 2, 3]));
}

async fn retries_wait_longer_each_time(place: Place) {
    let bench = Bench::on(place).await;
    let listener = Listener::told(|_| Reply::Retry);
    let delays = Policy { first_delay: Duration::from_millis(200), most_delay: Duration::from_secs(9), ..policy() };
    let listener = Listener { policy: delays, ..listener }.shared();
    let process = bench.start(&listener);
    let begun = std::time::Instant::now();
    bench.count(CounterId::new(), [13]).await;
    listener.until(|seen| seen.len() == 3).await;
    // Two waits, of 200 and 400 ms, each at least half of it.
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
    process.stop().await;
}
