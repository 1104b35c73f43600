//! Positions are dense and final, whoever writes how; and a changed log is found.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use eventlog::{Cause, EventLog, How, NewStream, Recorded};
use futures::{FutureExt, future::join_all};
use kernel::{Actor, WorkspaceId};
use sql::{Scope, Sql, SqlError, args};

use super::toy::{Account, AccountEvent, AccountId, Overdrawn, Toy, ToyError, pay};
use crate::{Place, conformance::rules::rules};

rules!(
    a_tail_misses_and_doubles_nothing,
    slow_commits_are_not_skipped,
    sealers_take_turns,
    an_untouched_log_verifies,
    a_log_that_grows_meanwhile_verifies,
    any_change_is_found,
    more_than_one_step_in_a_window
);

/// Reads by positions until `done` and nothing more comes.
async fn tail(log: EventLog, done: Arc<AtomicBool>) -> Vec<Recorded> {
    let mut seen: Vec<Recorded> = Vec::new();
    loop {
        let last = done.load(Ordering::SeqCst);
        let _ = log.seal().await.expect("sealed");
        let new = log.after(seen.len() as u64, 700).await.expect("read");
        if new.is_empty()
            && last
            && log.pending().await.expect("read") == 0
            && log.head().await.expect("read") == seen.len() as u64
        {
            return seen;
        }
        seen.extend(new);
    }
}

fn assert_dense(events: &[Recorded]) {
    let positions: Vec<u64> = events.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=events.len() as u64).collect::<Vec<_>>());
    let ids: BTreeSet<_> = events.iter().map(|event| event.event_id).collect();
    assert_eq!(ids.len(), events.len(), "an event has two positions");
    let mut versions: BTreeMap<(WorkspaceId, &str), u64> = BTreeMap::new();
    for event in events {
        let before = versions.insert((event.workspace, &event.stream), event.version).unwrap_or(0);
        assert_eq!(event.version, before + 1, "`{}` is out of order", event.stream);
    }
}

async fn a_tail_misses_and_doubles_nothing(place: Place) {
    let toy = Arc::new(Toy::new(place).await);
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn(tail(toy.log.clone(), Arc::clone(&done)));
    let ids: Vec<AccountId> = (0..5).map(|_| AccountId::new()).collect();
    let writers = (0..16_usize).map(|writer| {
        let (toy, ids) = (Arc::clone(&toy), ids.clone());
        tokio::spawn(async move {
            let actor = if writer % 4 == 0 { Actor::system(WorkspaceId::new()) } else { toy.actor.clone() };
            for number in 0..60_usize {
                pay(&toy.log, &actor, ids[(writer + number) % 5], 1).await.expect("stored");
            }
        })
    });
    join_all(writers).await.into_iter().for_each(|ended| ended.expect("wrote"));
    done.store(true, Ordering::SeqCst);
    let seen = reader.await.expect("read");
    assert_eq!(seen.len(), 16 * 60);
    assert_dense(&seen);
}

/// A transaction that took its number early and commits late.
async fn slow_commits_are_not_skipped(place: Place) {
    let toy = Arc::new(Toy::new(place).await);
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn(tail(toy.log.clone(), Arc::clone(&done)));
    let writers = (0..40_u64).map(|number| {
        let toy = Arc::clone(&toy);
        tokio::spawn(async move {
            let wait = Duration::from_millis(if number % 4 == 0 { 40 } else { 0 });
            let also: eventlog::Also = Box::new(move |_, _| {
                async move {
                    tokio::time::sleep(wait).await;
                    // Some give up after their events were numbered.
                    if number % 5 == 0 { Err(SqlError::Busy.into()) } else { Ok(()) }
                }
                .boxed()
            });
            let how = How { also: Some(also), ..How::default() };
            let id = AccountId::new();
            let changed =
                toy.log.change_with::<Account, Overdrawn, ToyError>(&toy.actor, id, how, |account| account.pay(1));
            usize::from(changed.await.is_ok())
        })
    });
    let stored: usize = join_all(writers).await.into_iter().map(|ended| ended.expect("ended")).sum();
    done.store(true, Ordering::SeqCst);
    let seen = reader.await.expect("read");
    assert_eq!((stored, seen.len()), (32, 32));
    assert_dense(&seen);
}

async fn sealers_take_turns(place: Place) {
    let toy = Arc::new(Toy::new(place).await);
    let id = AccountId::new();
    let others = [toy.other_process(5).await, toy.other_process(6).await];
    let tails = others.iter().map(|log| {
        let done = Arc::new(AtomicBool::new(false));
        (tokio::spawn(tail(log.clone(), Arc::clone(&done))), done)
    });
    let tails: Vec<_> = tails.collect();
    for _ in 0..150 {
        toy.pay(id, 1).await.expect("stored");
    }
    for (reader, done) in tails {
        done.store(true, Ordering::SeqCst);
        let seen = reader.await.expect("read");
        assert_dense(&seen);
    }
    toy.seal().await;
    assert_eq!(toy.log.head().await.expect("read"), 150);
}

async fn filled(place: Place) -> Toy {
    let toy = Toy::new(place).await;
    let (id, stranger) = (AccountId::new(), Actor::system(WorkspaceId::new()));
    for _ in 0..7 {
        toy.pay(id, 1).await.expect("stored");
        pay(&toy.log, &stranger, id, 1).await.expect("stored");
    }
    toy.seal().await;
    toy
}

async fn an_untouched_log_verifies(place: Place) {
    let toy = filled(place).await;
    let verified = toy.log.verify().await.expect("read");
    assert_eq!((verified.events, verified.broken), (14, None));
    assert_eq!(verified.heads.values().map(|(number, _)| *number).collect::<Vec<_>>(), [7, 7]);
}

/// Heads that are read after the links belong to a longer log.
async fn a_log_that_grows_meanwhile_verifies(place: Place) {
    let toy = Toy::new(place).await;
    let (log, id) = (toy.other_process(2).await, AccountId::new());
    let verifying = tokio::spawn(async move {
        let mut most = 0;
        while most < 60 {
            let verified = log.verify().await.expect("read");
            assert_eq!(verified.broken, None);
            assert!(verified.events >= most, "it shrank");
            most = verified.events;
        }
    });
    for _ in 0..60 {
        toy.pay(id, 1).await.expect("stored");
        toy.seal().await;
    }
    verifying.await.expect("every look was right");
}

async fn any_change_is_found(place: Place) {
    let toy = filled(place).await;
    let sql = |text: &'static str| {
        let database = toy.place.database.clone();
        async move {
            let done: Result<u64, SqlError> =
                database.write(Scope::System, move |tx| Box::pin(tx.execute(Sql::from(text), args![]))).await;
            done.expect("changed")
        }
    };
    let find = |expected: &'static str| {
        let log = toy.log.clone();
        async move {
            let broken = log.verify().await.expect("read").broken.map(|broken| broken.reason).unwrap_or_default();
            assert!(broken.contains(expected), "{broken:?} is not {expected:?}");
        }
    };
    sql("UPDATE events SET actor = 'user:x' WHERE seq = (SELECT seq FROM sealed WHERE position = 9)").await;
    find("was changed").await;
    sql("UPDATE events SET actor = 'system' WHERE seq = (SELECT seq FROM sealed WHERE position = 9)").await;
    find("").await;
    sql("UPDATE sealed SET position = position + 100 WHERE position > 9").await;
    find("positions 10 to 109 are missing").await;
    sql("UPDATE sealed SET position = position - 100 WHERE position > 100").await;
    sql("DELETE FROM sealed WHERE position > 12").await;
    find("the chain ends before").await;
    sql("DELETE FROM events WHERE seq = (SELECT seq FROM sealed WHERE position = 3)").await;
    find("the event is missing").await;
}

/// One transaction with more events than one step seals: they are all in one window.
async fn more_than_one_step_in_a_window(place: Place) {
    let toy = Toy::new(place).await;
    let stream = |_| NewStream::<Account> {
        id: AccountId::new(),
        events: vec![AccountEvent::Paid { cents: 1 }, AccountEvent::Paid { cents: 2 }],
    };
    let streams = (0..2_300).map(stream).collect();
    toy.log.append_many(&toy.actor, Cause::default(), streams).await.expect("stored");
    toy.pay(AccountId::new(), 1).await.expect("stored");
    toy.seal().await;
    let (first, second) =
        (toy.log.after(0, 3_000).await.expect("read"), toy.log.after(3_000, 3_000).await.expect("read"));
    let all = [first, second].concat();
    assert_eq!(all.len(), 4_601);
    assert_dense(&all);
    assert_eq!(toy.log.verify().await.expect("read").broken, None);
}
