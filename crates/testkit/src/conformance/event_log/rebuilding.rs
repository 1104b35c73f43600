//! Read models made anew beside other processes, and after some that died.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use eventlog::{Cause, LogError, NewStream, Projection, Projector, ReadModel, Recorded, Table};
use futures::{
    FutureExt,
    future::{BoxFuture, join, join_all},
};
use kernel::ProductError as _;
use sql::{Scope, SqlError, args};
use tokio::time::sleep;

use super::{
    projecting::{Moody, filled},
    toy::{Account, AccountEvent, AccountId, Balances, INLINE, Toy},
};
use crate::{Place, conformance::rules::rules};

rules!(
    a_new_read_model_gets_its_past_after_a_rebuild_that_broke_off,
    two_rebuilds_at_once,
    processes_that_start_together,
    a_rebuild_whose_process_died_is_taken_over,
    a_rebuild_that_was_taken_over_ends,
    many_streams_beside_a_rebuild
);

/// A read model that takes its time for each event while it is told to.
struct Slow(Balances, Arc<AtomicBool>, Duration);

impl Projection for Slow {
    fn name(&self) -> &'static str {
        self.0.name
    }

    fn version(&self) -> u32 {
        self.0.version
    }

    fn streams(&self) -> &'static [&'static str] {
        &["toy.account"]
    }

    fn tables(&self) -> &'static [Table] {
        self.0.table
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            self.0.project(model, event).await?;
            if self.1.load(Ordering::SeqCst) {
                sleep(self.2).await;
            }
            Ok(())
        }
        .boxed()
    }
}

async fn shadows(toy: &Toy) -> usize {
    let select = "SELECT name FROM cursors WHERE name LIKE '%\\_\\_r%' ESCAPE '\\'";
    toy.place.database.all(select, args![]).await.expect("read").len()
}

async fn a_new_read_model_gets_its_past_after_a_rebuild_that_broke_off(place: Place) {
    let toy = filled(place).await;
    let moody = Arc::new(AtomicBool::new(true));
    let models: Vec<Arc<dyn Projection>> = vec![Arc::new(INLINE), Arc::new(Moody(Arc::clone(&moody)))];
    let log = toy.log_with(toy.place.again().await, 2, models);
    for _ in 0..2 {
        log.prepare().await.expect_err("it refuses");
    }
    moody.store(false, Ordering::SeqCst);
    log.prepare().await.expect("made of what is there");
    assert_eq!(toy.rows("toy_followed").await, toy.rows("toy_balances").await);
    log.prepare().await.expect("nothing to do");
    assert_eq!(shadows(&toy).await, 0);
}

async fn two_rebuilds_at_once(place: Place) {
    let toy = filled(place).await;
    let before = toy.rows("toy_balances").await;
    let slow = Arc::new(AtomicBool::new(true));
    let anew = async |seed| {
        let model: Arc<dyn Projection> = Arc::new(Slow(INLINE, Arc::clone(&slow), Duration::from_millis(5)));
        let log = toy.log_with(toy.place.again().await, seed, vec![model]);
        Projector::new(log, vec![]).rebuild(INLINE.name).await
    };
    let done = tokio::time::timeout(Duration::from_mins(1), Box::pin(join(anew(2), anew(3)))).await.expect("an end");
    assert_eq!((done.0.expect("made anew"), done.1.expect("made anew")), (40, 40));
    assert_eq!((toy.rows("toy_balances").await, shadows(&toy).await), (before, 0));
}

/// Each comes up, and finds the read model in its version.
async fn processes_that_start_together(place: Place) {
    let toy = filled(place).await;
    let slow = Arc::new(AtomicBool::new(true));
    let start = async |seed: u64| {
        let model = Slow(Balances { version: 2, ..INLINE }, Arc::clone(&slow), Duration::from_millis(5));
        let log = toy.log_with(toy.place.again().await, seed, vec![Arc::new(model)]);
        log.prepare().await.expect("comes up");
        let version = "SELECT version, rebuilds FROM cursors WHERE name = 'toy.balances'";
        let row = toy.place.database.all(version, args![]).await.expect("read").remove(0);
        (row.get::<i64>(0).expect("as stored"), row.get::<i64>(1).expect("as stored"))
    };
    let before = toy.rows("toy_balances").await;
    let all = tokio::time::timeout(Duration::from_mins(1), join_all((2..5).map(start))).await.expect("an end");
    assert_eq!(all, [(2, 1); 3], "one of them made it");
    let after = toy.rows("toy_balances").await;
    assert!(before.iter().zip(&after).all(|(old, new)| old.1 * 2 == new.1 && old.2 == new.2), "{after:?}");
    assert_eq!(shadows(&toy).await, 0);
}

async fn a_rebuild_whose_process_died_is_taken_over(place: Place) {
    let toy = filled(place).await;
    let before = toy.rows("toy_balances").await;
    let model = Slow(INLINE, Arc::new(AtomicBool::new(true)), Duration::from_millis(20));
    let dying = Projector::new(toy.log_with(toy.place.again().await, 2, vec![Arc::new(model)]), vec![]);
    let dying = tokio::spawn(async move { dying.rebuild(INLINE.name).await });
    while shadows(&toy).await == 0 {
        sleep(Duration::from_millis(5)).await;
    }
    dying.abort();
    let projector = Projector::new(toy.other_process(3).await, vec![]);
    assert_eq!(projector.rebuild(INLINE.name).await.expect("taken over"), 40);
    assert_eq!((toy.rows("toy_balances").await, shadows(&toy).await), (before, 0));
}

async fn a_rebuild_that_was_taken_over_ends(place: Place) {
    let toy = filled(place).await;
    let before = toy.rows("toy_balances").await;
    for _ in 0..20 {
        let model = Slow(INLINE, Arc::new(AtomicBool::new(true)), Duration::from_millis(20));
        let slept = Projector::new(toy.log_with(toy.place.again().await, 2, vec![Arc::new(model)]), vec![]);
        let slept = tokio::spawn(async move { slept.rebuild(INLINE.name).await });
        while shadows(&toy).await == 0 && !slept.is_finished() {
            sleep(Duration::from_millis(5)).await;
        }
        // What whoever takes over does first. It waits for the step that is on its way, and may come behind the switch.
        let taken: Result<u64, SqlError> = toy
            .place
            .database
            .write(Scope::System, |tx| {
                tx.execute("DELETE FROM cursors WHERE name LIKE 'toy.balances__r%'", args![]).boxed()
            })
            .await;
        let taken = taken.expect("deleted");
        let ended = tokio::time::timeout(Duration::from_secs(20), slept).await.expect("an end").expect("no panic");
        assert_eq!(toy.rows("toy_balances").await, before, "the present one stays");
        if taken == 0 {
            assert_eq!(ended.expect("it was done already"), 40);
            continue;
        }
        assert_eq!(ended.map_err(|error| error.code()), Err("eventlog.superseded"));
        return;
    }
    panic!("never in time to take it over");
}

/// Writers and whoever switches take the log and the read model in the same order.
async fn many_streams_beside_a_rebuild(place: Place) {
    let toy = filled(place).await;
    let model = Slow(INLINE, Arc::new(AtomicBool::new(true)), Duration::from_secs(1));
    let log = toy.log_with(toy.place.again().await, 2, vec![Arc::new(model)]);
    let actor = toy.actor.clone();
    let writing = tokio::spawn(async move {
        let paid = || vec![AccountEvent::Paid { cents: 5 }];
        let streams = (0..2).map(|_| NewStream::<Account> { id: AccountId::new(), events: paid() }).collect();
        log.append_many(&actor, Cause::default(), streams).await
    });
    sleep(Duration::from_millis(300)).await;
    Projector::new(toy.log.clone(), vec![]).rebuild(INLINE.name).await.expect("made anew");
    assert_eq!(writing.await.expect("no panic").expect("stored"), 2);
    let rows = toy.rows("toy_balances").await;
    assert_eq!(rows.iter().map(|(_, _, events)| events).sum::<i64>(), 42);
}
