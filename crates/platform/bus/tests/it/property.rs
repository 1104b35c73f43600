//! Whatever fails and whenever processes die: no fact is lost, none has its effect twice, and streams keep their order.

use std::{collections::BTreeMap, time::Duration};

use bus::{Policy, Settings};
use kernel::PageRequest;
use proptest::prelude::*;
use testkit::Place;
use tokio::time::{Instant, sleep};

use testkit::conformance::bus::toy::{Bench, CounterId, Listener, Reply, policy, quick};

/// What happens to one fact.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Fine,
    /// Fails so many times.
    Shaky(u32),
    /// Becomes a dead letter; replayed, it is fine.
    Mended,
    /// Becomes a dead letter and is given up.
    Discarded,
}

#[derive(Debug, Clone)]
struct Plan {
    facts: Vec<(usize, Fate)>,
    /// Kill the process after so many milliseconds, again and again.
    kills: Vec<u64>,
    parallel: usize,
}

const STREAMS: usize = 4;

fn plan() -> impl Strategy<Value = Plan> {
    let fate = prop_oneof![
        6 => Just(Fate::Fine),
        2 => (1_u32..5).prop_map(Fate::Shaky),
        1 => Just(Fate::Mended),
        1 => Just(Fate::Discarded),
    ];
    let facts = prop::collection::vec((0..STREAMS, fate), 1..30);
    let parts = (facts, prop::collection::vec(5_u64..80, 0..4), 1_usize..5);
    parts.prop_map(|(facts, kills, parallel)| Plan { facts, kills, parallel })
}

async fn run(place: Place, plan: Plan) {
    let bench = Bench::on(place).await;
    let ids: Vec<CounterId> = (0..STREAMS).map(|_| CounterId::new()).collect();
    let fates: Vec<Fate> = plan.facts.iter().map(|(_, fate)| *fate).collect();
    let listener = Listener::told(move |seen| match fates[usize::try_from(seen.number).expect("small")] {
        Fate::Shaky(times) if seen.attempt <= times => Reply::Retry,
        // The first attempt dies; any later one is a replay.
        Fate::Mended | Fate::Discarded if seen.attempt == 1 => Reply::Permanent,
        Fate::Fine | Fate::Shaky(_) | Fate::Mended | Fate::Discarded => Reply::Effect,
    });
    let millis = Duration::from_millis;
    let policy =
        Policy { attempts: 6, first_delay: millis(2), most_delay: millis(8), parallel: plan.parallel, ..policy() };
    let listener = Listener { policy, ..listener }.shared();
    let settings = Settings { lease: millis(60), look: millis(3), ..quick() };
    let writing = async {
        for (number, (stream, _)) in plan.facts.iter().enumerate() {
            bench.count(ids[*stream], [number as u64]).await;
        }
    };
    let killing = async {
        for after in &plan.kills {
            let process = bench.start_with(&listener, settings.clone());
            sleep(millis(*after)).await;
            process.kill().await;
        }
    };
    tokio::join!(writing, killing);
    let process = bench.start_with(&listener, settings);
    work_off(&bench, &listener, &plan).await;
    process.stop().await;
    let mut expected: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut versions = [0; STREAMS];
    for (stream, fate) in &plan.facts {
        versions[*stream] += 1;
        if !matches!(fate, Fate::Discarded) {
            expected.entry(format!("toy.counter.{}", ids[*stream])).or_default().push(versions[*stream]);
        }
    }
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (stream, version) in bench.effects().await {
        found.entry(stream).or_default().push(version);
    }
    assert_eq!(found, expected);
}

/// Replays or discards dead letters until there is nothing left.
async fn work_off(bench: &Bench, listener: &std::sync::Arc<Listener>, plan: &Plan) {
    let begun = Instant::now();
    loop {
        let page = bench.letters().list(bench.workspace, &PageRequest::default()).await.expect("listed");
        for letter in page.items {
            let shown =
                bench.letters().show(bench.workspace, &letter.subscriber, letter.event_id).await.expect("shown");
            let fact: serde_json::Value = serde_json::from_slice(&shown.original).expect("well made");
            let number = usize::try_from(fact["number"].as_u64().expect("a number")).expect("well made");
            let done = if matches!(plan.facts[number].1, Fate::Discarded) {
                bench.letters().discard(bench.workspace, &letter.subscriber, letter.event_id).await
            } else {
                bench.letters().replay(bench.workspace, &letter.subscriber, letter.event_id).await
            };
            done.expect("done");
        }
        let status = bench.status(listener).await;
        if (status.behind, status.waiting, status.dead, status.parked) == (0, 0, 0, 0) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(40), "{status:?}");
        sleep(Duration::from_millis(3)).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 40, ..ProptestConfig::default() })]
    #[test]
    fn nothing_is_lost_doubled_or_reordered(plan in plan()) {
        runtime().block_on(async { run(testkit::sqlite().await, plan).await });
    }
}

#[test]
fn nothing_is_lost_doubled_or_reordered_on_postgresql() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 6,
        max_shrink_iters: 10,
        source_file: Some(file!()),
        ..ProptestConfig::default()
    });
    let tried = runner.run(&plan(), |plan| {
        runtime().block_on(async {
            if let Some(place) = testkit::postgres().await {
                run(place, plan).await;
            }
        });
        Ok(())
    });
    tried.unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("well made")
}
