//! What is heard, in which order, and how much at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bus::{Begin, Hears, Policy};
use futures::future::join_all;
use tokio::time::sleep;

use super::toy::{Bench, CounterEvent, CounterId, Listener, Reply, Seen, policy};
use crate::{Place, conformance::rules::rules};

rules!(
    parallel_writers_are_heard_in_order,
    only_what_was_asked_for_is_heard,
    a_new_subscriber_may_begin_now,
    a_delivery_carries_its_cause,
    a_stream_that_stands_does_not_hold_others_back,
    memory_is_bounded
);

/// Successful versions by stream.
fn by_stream(seen: &[Seen]) -> BTreeMap<String, Vec<u64>> {
    let mut streams: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for each in seen.iter().filter(|seen| seen.done) {
        streams.entry(each.stream.clone()).or_default().push(each.version);
    }
    streams
}

async fn parallel_writers_are_heard_in_order(place: Place) {
    let bench = Bench::on(place).await;
    let ids: Vec<CounterId> = (0..5).map(|_| CounterId::new()).collect();
    let listener = Listener::told(|seen| Reply::After(seen.number % 3)).shared();
    let process = bench.start(&listener);
    // Two writers for each stream; the database puts them in order.
    let writers = ids.iter().chain(&ids).map(|id| bench.count(*id, 0..20));
    join_all(writers).await;
    listener.until(|seen| seen.iter().filter(|seen| seen.done).count() >= 200).await;
    bench.settled(&listener).await;
    process.stop().await;
    let streams = by_stream(&listener.seen());
    assert_eq!(streams.len(), 5);
    assert!(streams.values().all(|versions| *versions == (1..=40).collect::<Vec<_>>()), "{streams:?}");
    // Starts and ends alternate within a stream, and not over all of them.
    let mut open = BTreeSet::new();
    let mut together = 0;
    for seen in listener.seen() {
        if seen.done {
            assert!(open.remove(&seen.stream));
        } else {
            assert!(open.insert(seen.stream.clone()), "two of one stream at once");
        }
        together = together.max(open.len());
    }
    assert!(together > 1, "streams go side by side");
}

async fn only_what_was_asked_for_is_heard(place: Place) {
    let bench = Bench::on(place).await;
    let id = CounterId::new();
    for hears in
        [Hears::All, Hears::Streams(&["toy.counter"]), Hears::Facts(&["Other"]), Hears::Streams(&["toy.other"])]
    {
        let deaf = !matches!(hears, Hears::All | Hears::Streams(&["toy.counter"]));
        let name: &'static str = format!("toy.{hears:?}").leak();
        let listener = Listener { name, hears, ..Listener::told(|_| Reply::Fine) }.shared();
        let process = bench.start(&listener);
        bench.append(id, CounterEvent::Counted { number: 1 }).await;
        bench.append(id, CounterEvent::Rested {}).await;
        assert_eq!(bench.settled(&listener).await.behind, 0);
        process.stop().await;
        let heard = listener.done(id);
        assert_eq!(heard.is_empty(), deaf, "{hears:?}");
        assert!(heard.iter().all(|version| version % 2 == 1), "a private event was heard: {heard:?}");
    }
}

async fn a_new_subscriber_may_begin_now(place: Place) {
    let bench = Bench::on(place).await;
    let id = CounterId::new();
    bench.count(id, 0..3).await;
    bench.sealed().await;
    let listener = Listener { begins: Begin::Now, ..Listener::told(|_| Reply::Fine) }.shared();
    let process = bench.start(&listener);
    bench.settled(&listener).await;
    bench.count(id, 0..2).await;
    bench.settled(&listener).await;
    process.stop().await;
    assert_eq!(listener.done(id), [4, 5]);
    // It begins once: later it goes on where it was.
    bench.count(id, 0..1).await;
    bench.sealed().await;
    let process = bench.start(&listener);
    bench.settled(&listener).await;
    process.stop().await;
    assert_eq!(listener.done(id), [4, 5, 6]);
}

async fn a_delivery_carries_its_cause(place: Place) {
    use bus::{Delivery, HandlerError, Subscriber, Subscriptions};
    use futures::{FutureExt, future::BoxFuture};
    use std::sync::Mutex;

    #[derive(Default)]
    struct Curious(Mutex<Vec<String>>);
    impl Subscriber for Curious {
        fn name(&self) -> &'static str {
            "toy.curious"
        }
        fn hears(&self) -> Hears {
            Hears::All
        }
        fn handle<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), HandlerError>> {
            let cause = delivery.cause();
            assert_eq!(cause.causation_id, Some(delivery.event_id()));
            assert_eq!(cause.correlation_id, Some(delivery.event().correlation_id));
            let text = String::from_utf8_lossy(delivery.payload()).into_owned();
            self.0.lock().expect("no panic before").push(format!(
                "{} {} {text}",
                delivery.fact_type(),
                delivery.workspace()
            ));
            async { Ok(()) }.boxed()
        }
    }

    let bench = Bench::on(place).await;
    let curious = Arc::new(Curious::default());
    let subscriptions =
        Subscriptions::new(bench.log.clone(), vec![curious.clone()], super::toy::quick()).expect("well made");
    bench.count(CounterId::new(), [7]).await;
    let heard = async {
        while curious.0.lock().expect("no panic before").is_empty() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    subscriptions.run(heard).await;
    let expected = format!(r#"CounterCounted {} {{"type":"CounterCounted","number":7}}"#, bench.workspace);
    assert_eq!(*curious.0.lock().expect("no panic before"), [expected]);
    let twice = Subscriptions::new(bench.log.clone(), vec![curious.clone(), curious], super::toy::quick());
    assert!(matches!(twice, Err(bus::BusError::SameName { name: "toy.curious" })));
}

async fn a_stream_that_stands_does_not_hold_others_back(place: Place) {
    let bench = Bench::on(place).await;
    let (slow, other) = (CounterId::new(), CounterId::new());
    let listener = Listener::told(|seen| if seen.number == 13 { Reply::Hang } else { Reply::Fine });
    let listener = Listener { policy: Policy { timeout: Duration::from_mins(1), ..policy() }, ..listener }.shared();
    bench.count(slow, [13, 14]).await;
    bench.count(other, 0..10).await;
    let process = bench.start(&listener);
    listener.until(|_| listener.done(other).len() == 10).await;
    assert_eq!(listener.done(slow), [] as [u64; 0]);
    // The cursor stays before what is not finished: both would come again.
    assert_eq!(bench.status(&listener).await.behind, 12);
    process.kill().await;
}

async fn memory_is_bounded(place: Place) {
    let bench = Bench::on(place).await;
    let (first, others) = (CounterId::new(), (0..30).map(|_| CounterId::new()).collect::<Vec<_>>());
    bench.count(first, [13]).await;
    join_all(others.iter().map(|id| bench.count(*id, [1]))).await;
    bench.sealed().await;
    // The rest hangs too, or comes to its end while the first fact hangs.
    for (most_facts, most_ahead, rest, expected) in [
        (1_000, 8, Reply::Fine, 7),
        (5, 1_000, Reply::Fine, 30),
        (5, 1_000, Reply::Hang, 4),
        (1_000, 1_000, Reply::Hang, 15),
    ] {
        let started = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&started);
        let listener = Listener::told(move |seen| {
            if seen.number == 13 {
                return Reply::Hang;
            }
            counted.fetch_add(1, Ordering::SeqCst);
            rest
        });
        let name: &'static str = format!("toy.bounded.{most_facts}.{most_ahead}.{rest:?}").leak();
        let policy = Policy { most_facts, most_ahead, timeout: Duration::from_mins(1), ..policy() };
        let listener = Listener { name, policy, ..listener }.shared();
        let process = bench.start(&listener);
        listener.until(|_| started.load(Ordering::SeqCst) >= expected).await;
        sleep(Duration::from_millis(60)).await;
        assert_eq!(started.load(Ordering::SeqCst), expected, "{most_facts} {most_ahead} {rest:?}");
        process.kill().await;
    }
}
