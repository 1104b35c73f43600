//! Read models: live and made anew they are the same, and one that refuses loses nothing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use eventlog::{LogError, Projection, Projector, ReadModel, Recorded, Table};
use futures::{FutureExt, future::BoxFuture};
use testkit::{Place, on_both};

use crate::toy::{AccountId, Balances, FOLLOWER, INLINE, Toy};

on_both!(a_follower_is_as_the_live_one, made_anew_is_as_live, made_anew_under_load, a_refusal_stops_and_goes_on);
on_both!(a_new_version_is_made_anew, followers_take_turns);

async fn filled(place: Place) -> Toy {
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
                }
                paid
            })
        })
        .collect();
    let projector = Projector::new(toy.log.clone(), vec![]);
    for _ in 0..5 {
        projector.rebuild(INLINE.name).await.expect("made anew");
    }
    stop.store(true, Ordering::SeqCst);
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
    let mut rounds = 0;
    while toy.rows("toy_followed").await != toy.rows("toy_balances").await {
        rounds += 1;
        assert!(rounds < 400, "never caught up");
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    followers.iter().for_each(tokio::task::JoinHandle::abort);
}

struct Moody(Arc<AtomicBool>);

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
