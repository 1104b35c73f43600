//! A reader by positions beside writers that hold their transactions open and die with them: the small brother of
//! `make tail-spine`, in one process.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use eventlog::{Also, EventId, EventLog, How};
use futures::FutureExt;
use kernel::{Actor, Chance, SeededChance};
use testkit::{Place, on_both};

use testkit::conformance::event_log::toy::{Account, AccountId, Overdrawn, Toy, ToyError};

const EVENTS: usize = 2_000;
const WRITERS: usize = 16;
/// Lives of a group of writers, each ended in the middle of its work.
const LIVES: u64 = 5;

on_both!(no_event_of_slow_and_killed_writers_is_skipped);

type Told = Arc<Mutex<BTreeSet<EventId>>>;

/// Holds the transaction open, now and then.
fn hold(chance: &SeededChance) -> Also {
    let mut bytes = [0; 2];
    chance.fill(&mut bytes);
    let wait = Duration::from_millis(if bytes[0] < 8 { u64::from(bytes[1]) / 4 } else { 0 });
    Box::new(move |_, _| {
        async move {
            tokio::time::sleep(wait).await;
            Ok(())
        }
        .boxed()
    })
}

async fn write(log: EventLog, actor: Actor, chance: Arc<SeededChance>, told: Told) {
    loop {
        let how = How { also: Some(hold(&chance)), ..How::default() };
        let paid =
            log.change_with::<Account, Overdrawn, ToyError>(&actor, AccountId::new(), how, |account| account.pay(1));
        // An end of the process in between, or a failure that `live` notices.
        let Ok(changed) = paid.await else { return };
        told.lock().expect("whole").extend(changed.events.iter().map(|event| event.event_id));
    }
}

/// A process in a runtime of its own, which ends in the middle of whatever it does.
fn live(toy: &Toy, told: &Told, number: u64) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let chance = Arc::new(SeededChance::new(number));
    let goal = EVENTS / usize::try_from(LIVES).expect("few") * usize::try_from(number + 1).expect("few");
    runtime.block_on(async {
        let log = toy.other_process(100 + number).await;
        let writer = |_| tokio::spawn(write(log.clone(), toy.actor.clone(), Arc::clone(&chance), Arc::clone(told)));
        let writers: Vec<_> = (0..WRITERS).map(writer).collect();
        while told.lock().expect("whole").len() < goal {
            assert!(!writers.iter().any(tokio::task::JoinHandle::is_finished), "a writer was refused");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    runtime.shutdown_background();
}

async fn no_event_of_slow_and_killed_writers_is_skipped(place: Place) {
    let toy = Arc::new(Toy::new(place).await);
    let (told, done) = (Told::default(), Arc::new(AtomicBool::new(false)));
    let lives = {
        let (toy, told, done) = (Arc::clone(&toy), Arc::clone(&told), Arc::clone(&done));
        std::thread::spawn(move || {
            (0..LIVES).for_each(|number| live(&toy, &told, number));
            done.store(true, Ordering::SeqCst);
        })
    };
    let mut seen: Vec<(u64, EventId)> = Vec::new();
    loop {
        let last = done.load(Ordering::SeqCst);
        toy.log.seal().await.expect("sealed");
        let new = toy.log.after(seen.len() as u64, 500).await.expect("read");
        let head = toy.log.head().await.expect("read");
        if last && new.is_empty() && head == seen.len() as u64 && toy.log.pending().await.expect("read") == 0 {
            break;
        }
        seen.extend(new.iter().map(|event| (event.position, event.event_id)));
    }
    lives.join().expect("lived");
    assert!(seen.iter().zip(1..).all(|((position, _), expected)| *position == expected), "positions are not dense");
    let ids: BTreeSet<EventId> = seen.iter().map(|(_, id)| *id).collect();
    assert_eq!(ids.len(), seen.len(), "an event was seen twice");
    let told = told.lock().expect("whole");
    assert!(told.len() >= EVENTS);
    assert_eq!(told.difference(&ids).count(), 0, "acknowledged events were skipped");
}
