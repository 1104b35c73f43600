//! Read models: live and made anew they are the same, and one that refuses loses nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use eventlog::{LogError, Projection, Projector, ReadModel, Recorded, Table};
use futures::{FutureExt, future::BoxFuture};

use super::toy::{Account, AccountId, Balances, FOLLOWER, INLINE, Overdrawn, Toy, ToyError};
use crate::{Place, conformance::rules::rules};

rules!(
    a_follower_is_as_the_live_one,
    made_anew_is_as_live,
    made_anew_under_load,
    a_refusal_stops_and_goes_on,
    a_new_version_is_made_anew,
    followers_take_turns,
    a_rebuild_that_broke_off_leaves_nothing,
    a_follower_made_anew_takes_what_is_not_sealed_later,
    each_workspace_has_its_own_rows_of_its_own_streams
);

pub(super) async fn filled(place: Place) -> Toy {
    let toy = Toy::new(place).await;
    for number in 0..40 {
        let id = AccountId(kernel::uuid::Uuid::from_u128(number % 7 + 1));
        toy.pay(id, i64::try_from(number).expect("as stored") + 1).await.expect("stored");
    }
    toy.seal().await;
    toy
}

async fn a_follower_is_as_the_live_one(place: Place) {
    let toy = filled(place).await;
    let projector = Projector::new(toy.log.clone(), vec![Arc::new(FOLLOWER)]);
    projector.prepare().await.expect("made of what is there");
    assert_eq!(toy.rows("toy_followed").await, toy.rows("toy_balances").await);
    toy.pay(AccountId::new(), 5).await.expect("stored");
    assert_eq!(projector.lag().await.expect("read")[0].events, 0, "what is not sealed is no lag");
    toy.seal().await;
    assert_eq!(projector.lag().await.expect("read")[0].events, 1);
    projector.catch_up().await.expect("followed");
    assert_eq!(projector.catch_up().await.expect("nothing to do"), 0);
    assert_eq!(toy.rows("toy_followed").await, toy.rows("toy_balances").await);
}

async fn made_anew_is_as_live(place: Place) {
    let toy = filled(place).await;
    let projector = Projector::new(toy.log.clone(), vec![Arc::new(FOLLOWER)]);
    projector.prepare().await.expect("prepared");
    let live = toy.rows("toy_balances").await;
    for _ in 0..3 {
        for name in [INLINE.name, FOLLOWER.name] {
            assert_eq!(projector.rebuild(name).await.expect("made anew"), 40);
        }
        assert_eq!((toy.rows("toy_balances").await, toy.rows("toy_followed").await), (live.clone(), live.clone()));
    }
    let unknown = projector.rebuild("toy.else").await;
    assert!(matches!(unknown, Err(LogError::UnknownProjection { .. })), "{unknown:?}");
}

async fn made_anew_under_load(place: Place) {
    let toy = Arc::new(filled(place).await);
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (toy, stop) = (Arc::clone(&toy), Arc::clone(&stop));
            tokio::spawn(async move {
                let id = AccountId::new();
                let mut paid = 0_u64;
                while !stop.load(Ordering::SeqCst) {
                    paid = toy.pay(id, 1).await.expect("stored");
                    // What is written meanwhile is read again by each rebuild: without a pause this grows with the square.
                    tokio::time::sleep(Duration::from_millis(3)).await;
                }
                paid
            })
        })
        .collect();
    let sealing = [toy.log.clone(), toy.other_process(4).await];
    let sealers: Vec<_> =
        sealing.into_iter().map(|log| tokio::spawn(async move { log.keep_sealing().await })).collect();
    let projector = Projector::new(toy.log.clone(), vec![]);
    for _ in 0..4 {
        projector.rebuild(INLINE.name).await.expect("made anew");
    }
    stop.store(true, Ordering::SeqCst);
    sealers.iter().for_each(tokio::task::JoinHandle::abort);
    let mut paid = 40;
    for writer in writers {
        paid += writer.await.expect("wrote");
    }
    let rows = toy.rows("toy_balances").await;
    assert_eq!(u64::try_from(rows.iter().map(|(_, _, events)| events).sum::<i64>()).expect("as stored"), paid);
    projector.rebuild(INLINE.name).await.expect("made anew");
    assert_eq!(toy.rows("toy_balances").await, rows);
}

async fn a_new_version_is_made_anew(place: Place) {
    let toy = filled(place).await;
    let old = Projector::new(toy.log.clone(), vec![Arc::new(FOLLOWER)]);
    old.prepare().await.expect("prepared");
    let before = toy.rows("toy_followed").await;
    let doubled = Balances { version: 2, ..FOLLOWER };
    Projector::new(toy.log.clone(), vec![Arc::new(doubled)]).prepare().await.expect("made anew");
    let after = toy.rows("toy_followed").await;
    assert!(before.iter().zip(&after).all(|(old, new)| old.1 * 2 == new.1 && old.2 == new.2), "{after:?}");
}

async fn followers_take_turns(place: Place) {
    let toy = filled(place).await;
    Projector::new(toy.log.clone(), vec![Arc::new(FOLLOWER)]).prepare().await.expect("prepared");
    let followers: Vec<_> = [toy.other_process(8).await, toy.other_process(9).await]
        .into_iter()
        .map(|log| tokio::spawn(async move { Projector::new(log, vec![Arc::new(FOLLOWER)]).follow().await }))
        .collect();
    for _ in 0..60 {
        toy.pay(AccountId(kernel::uuid::Uuid::from_u128(3)), 1).await.expect("stored");
        toy.log.seal().await.expect("sealed");
    }
    // Other tests' transactions may have held the last ones back.
    toy.seal().await;
    let mut rounds = 0;
    while toy.rows("toy_followed").await != toy.rows("toy_balances").await {
        rounds += 1;
        assert!(rounds < 400, "never caught up");
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    followers.iter().for_each(tokio::task::JoinHandle::abort);
}

/// Refuses the event at position 23 while it is told to.
pub(super) struct Moody(pub(super) Arc<AtomicBool>);

impl Projection for Moody {
    fn name(&self) -> &'static str {
        FOLLOWER.name
    }

    fn streams(&self) -> &'static [&'static str] {
        FOLLOWER.streams()
    }

    fn tables(&self) -> &'static [Table] {
        FOLLOWER.table
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            if event.position == 23 && self.0.load(Ordering::SeqCst) {
                return Err(LogError::UnknownProjection { name: "on purpose".to_owned() });
            }
            FOLLOWER.project(model, event).await
        }
        .boxed()
    }
}

async fn a_refusal_stops_and_goes_on(place: Place) {
    let toy = Toy::new(place).await;
    let moody = Arc::new(AtomicBool::new(true));
    let projector = Projector::new(toy.log.clone(), vec![Arc::new(Moody(Arc::clone(&moody)))]);
    projector.prepare().await.expect("prepared");
    for _ in 0..30 {
        toy.pay(AccountId(kernel::uuid::Uuid::from_u128(3)), 1).await.expect("stored");
    }
    toy.seal().await;
    let refused = projector.catch_up().await.expect_err("it refuses");
    assert!(
        matches!(&refused, LogError::Projection { position: 23, reason, .. } if reason.contains("on purpose")),
        "{refused:?}"
    );
    assert!(projector.lag().await.expect("read")[0].problem.as_ref().is_some_and(|text| text.contains("position 23")));
    assert!(toy.rows("toy_followed").await.is_empty(), "a part of a step was kept");
    moody.store(false, Ordering::SeqCst);
    projector.catch_up().await.expect("goes on");
    assert_eq!(toy.rows("toy_followed").await, toy.rows("toy_balances").await);
    assert_eq!(projector.lag().await.expect("read")[0].problem, None);
}

async fn a_rebuild_that_broke_off_leaves_nothing(place: Place) {
    let toy = filled(place).await;
    let moody = Arc::new(AtomicBool::new(false));
    let projector = Projector::new(toy.log.clone(), vec![Arc::new(Moody(Arc::clone(&moody)))]);
    projector.prepare().await.expect("prepared");
    moody.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        projector.rebuild(FOLLOWER.name).await.expect_err("it refuses");
        assert_eq!(toy.rows("toy_followed").await, toy.rows("toy_balances").await, "readers see the old rows");
    }
    moody.store(false, Ordering::SeqCst);
    projector.rebuild(FOLLOWER.name).await.expect("made anew");
    assert_eq!(toy.rows("toy_followed").await, toy.rows("toy_balances").await);
    let tables = sql::Sql::pair(
        "SELECT name FROM sqlite_schema WHERE name LIKE 'toy_followed__r%'",
        "SELECT relname::text FROM pg_class WHERE relname LIKE 'toy_followed__r%' AND relkind = 'r'",
    );
    let left = toy.place.database.all(tables, sql::args![]).await.expect("read");
    let cursors = "SELECT name FROM cursors WHERE name LIKE 'toy.followed__r%'";
    let moved = toy.place.database.all(cursors, sql::args![]).await.expect("read");
    assert_eq!((left.len(), moved.len()), (0, 0), "shadows of what broke off are left");
}

async fn a_follower_made_anew_takes_what_is_not_sealed_later(place: Place) {
    let toy = filled(place).await;
    let projector = Projector::new(toy.log.clone(), vec![Arc::new(FOLLOWER)]);
    projector.prepare().await.expect("prepared");
    // Sealing waits for this one on PostgreSQL, as for any long transaction; on SQLite there is nothing to hold it.
    let also: eventlog::Also = Box::new(|_, _| tokio::time::sleep(std::time::Duration::from_secs(1)).map(Ok).boxed());
    let (log, actor) = (toy.log.clone(), toy.actor.clone());
    let slow = tokio::spawn(async move {
        let how = eventlog::How { also: Some(also), ..eventlog::How::default() };
        log.change_with::<Account, Overdrawn, ToyError>(&actor, AccountId::new(), how, |account| account.pay(1)).await
    });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    toy.pay(AccountId(kernel::uuid::Uuid::from_u128(3)), 1).await.expect("stored");
    projector.rebuild(FOLLOWER.name).await.expect("made anew");
    slow.await.expect("ended").expect("stored");
    toy.seal().await;
    projector.catch_up().await.expect("followed");
    assert_eq!(toy.rows("toy_followed").await, toy.rows("toy_balances").await);
}

async fn each_workspace_has_its_own_rows_of_its_own_streams(place: Place) {
    let toy = filled(place).await;
    let projector = Projector::new(toy.log.clone(), vec![Arc::new(FOLLOWER)]);
    projector.prepare().await.expect("prepared");
    super::toy::pay(&toy.log, &kernel::Actor::system(kernel::WorkspaceId::new()), AccountId::new(), 1)
        .await
        .expect("of another workspace");
    toy.pay(AccountId::new(), 1).await.expect("stored");
    let before = toy.rows("toy_balances").await;
    let actor = kernel::Actor::system(toy.actor.workspace);
    toy.log.erase_subjects(&actor, &[kernel::SubjectId::new()]).await.expect("another stream has an event");
    toy.seal().await;
    projector.catch_up().await.expect("followed");
    assert_eq!((toy.rows("toy_balances").await, toy.rows("toy_followed").await), (before.clone(), before));
    let apart = "SELECT 1 FROM toy_followed f FULL JOIN toy_balances b ON f.workspace_id = b.workspace_id AND f.account = b.account
         WHERE f.account IS NULL OR b.account IS NULL";
    let apart = toy.place.database.all(apart, sql::args![]).await.expect("read");
    assert!(apart.is_empty(), "a row is in another workspace");
}
