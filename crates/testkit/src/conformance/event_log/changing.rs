//! Writes: one after the other in a stream, all or nothing, once.

use std::{collections::BTreeSet, sync::Arc};

use eventlog::{Cause, How, LogError, NewStream, Once};
use futures::{FutureExt, future::join_all};
use kernel::{Actor, SubjectId, WorkspaceId};
use sql::args;

use super::toy::{Account, AccountEvent, AccountId, Overdrawn, Toy, ToyError, pay};
use crate::{Place, conformance::rules::rules};

rules!(
    a_change_is_stored_whole,
    refusals_store_nothing,
    expected_versions,
    the_same_command_twice,
    writers_of_one_stream,
    many_streams_at_once,
    what_goes_along_is_one_transaction,
    snapshots_change_nothing
);

async fn a_change_is_stored_whole(place: Place) {
    let toy = Toy::new(place).await;
    let (id, cause) = (AccountId::new(), Cause { traceparent: Some("00-1-2-01".to_owned()), ..Cause::default() });
    let how = How { cause, ..How::default() };
    let changed = toy
        .log
        .change_with::<Account, Overdrawn, ToyError>(&toy.actor, id, how, |account| {
            assert_eq!(account.balance, 0);
            Ok(vec![AccountEvent::Paid { cents: 5 }, AccountEvent::Paid { cents: 7 }])
        })
        .await
        .expect("stored");
    assert_eq!((changed.state.balance, changed.version, changed.repeated), (12, 2, false));
    let stored = toy.log.stream(toy.actor.workspace, &format!("toy.account.{id}"), 0).await.expect("read");
    assert_eq!(stored, changed.events);
    let second = &stored[1];
    assert_eq!((second.category(), second.instance()), ("toy.account", id.to_string().as_str()));
    assert_eq!((second.version, second.kind.as_str(), second.schema_version), (2, "paid", 2));
    assert_eq!(String::from_utf8_lossy(&second.payload), r#"{"type":"paid","cents":7}"#);
    let (kind, fact) = second.fact.clone().expect("told to others");
    assert_eq!(
        (kind.as_str(), String::from_utf8_lossy(&fact).as_ref()),
        ("account_paid", r#"{"type":"account_paid","balance":12}"#)
    );
    assert_eq!((second.actor.as_str(), second.traceparent.as_deref()), ("system", Some("00-1-2-01")));
    assert_eq!(second.correlation_id, stored[0].correlation_id);
    assert_eq!(toy.rows("toy_balances").await, [(id.to_string(), 12, 2)]);
    assert_eq!(toy.log.event(toy.actor.workspace, second.event_id).await.expect("read"), Some(second.clone()));
    assert_eq!(toy.log.event(WorkspaceId::new(), second.event_id).await.expect("read"), None);
}

async fn refusals_store_nothing(place: Place) {
    let toy = Toy::new(place).await;
    let id = AccountId::new();
    assert!(matches!(toy.pay(id, -1).await, Err(ToyError::Overdrawn)));
    assert_eq!(toy.pay(id, 0).await.expect("nothing to do"), 0);
    assert_eq!(toy.pay(id, 3).await.expect("stored"), 1);
    assert!(matches!(toy.pay(id, -4).await, Err(ToyError::Overdrawn)));
    assert_eq!(toy.rows("toy_balances").await, [(id.to_string(), 3, 1)]);
    let stranger = Actor::system(WorkspaceId::new());
    assert!(matches!(pay(&toy.log, &stranger, id, -1).await, Err(ToyError::Overdrawn)), "another workspace's stream");
}

async fn expected_versions(place: Place) {
    let toy = Toy::new(place).await;
    let id = AccountId::new();
    let at = |expected| {
        let how = How { expected: Some(expected), ..How::default() };
        toy.log.change_with::<Account, Overdrawn, ToyError>(&toy.actor, id, how, |account| account.pay(1))
    };
    assert_eq!(at(0).await.expect("new").version, 1);
    let moved = at(0).await.expect_err("it exists");
    assert!(matches!(moved, ToyError::Log(LogError::Moved { expected: 0, found: 1, .. })), "{moved:?}");
    assert_eq!(at(1).await.expect("as expected").version, 2);
}

async fn the_same_command_twice(place: Place) {
    let toy = Toy::new(place).await;
    let id = AccountId::new();
    let send = |key: &str, print: u8, cents| {
        let once = Once { key: key.to_owned(), fingerprint: [print; 32] };
        let how = How { once: Some(once), ..How::default() };
        toy.log.change_with::<Account, Overdrawn, ToyError>(&toy.actor, id, how, move |account| account.pay(cents))
    };
    let first = send("a", 1, 5).await.expect("stored");
    assert_eq!(send("b", 2, 6).await.expect("stored").version, 2);
    let again = send("a", 1, 5).await.expect("known");
    assert_eq!((again.repeated, again.version, again.state.balance), (true, first.version, 5));
    let reused = send("a", 9, 5).await.expect_err("another command");
    assert!(matches!(reused, ToyError::Log(LogError::KeyReused { .. })), "{reused:?}");
    let together = join_all((0..20).map(|_| send("c", 3, 1))).await;
    let repeated = together.into_iter().filter(|done| done.as_ref().expect("answered").repeated).count();
    assert_eq!((repeated, toy.rows("toy_balances").await[0].1), (19, 12));
}

/// Any interleaving gives versions without gaps, and each decision saw all before it.
async fn writers_of_one_stream(place: Place) {
    let toy = Arc::new(Toy::new(place).await);
    let id = AccountId::new();
    let others = [toy.other_process(2).await, toy.other_process(3).await];
    let writers = (0..90_usize).map(|number| {
        let (toy, log) = (Arc::clone(&toy), others.get(number % 3).cloned());
        tokio::spawn(async move { pay(log.as_ref().unwrap_or(&toy.log), &toy.actor, id, 1).await })
    });
    let versions: BTreeSet<u64> =
        join_all(writers).await.into_iter().map(|done| done.expect("as stored").expect("stored")).collect();
    assert_eq!(versions, (1..=90).collect());
    assert_eq!(toy.rows("toy_balances").await, [(id.to_string(), 90, 90)]);
}

async fn many_streams_at_once(place: Place) {
    let toy = Toy::new(place).await;
    let ids: Vec<AccountId> = (0..3_000).map(|_| AccountId::new()).collect();
    let stream = |id: &AccountId| NewStream::<Account> {
        id: *id,
        events: vec![AccountEvent::Paid { cents: 1 }, AccountEvent::Paid { cents: 2 }],
    };
    let all: Vec<_> = ids.iter().map(stream).collect();
    assert_eq!(toy.log.append_many(&toy.actor, Cause::default(), all).await.expect("stored"), 6_000);
    let again =
        toy.log.append_many(&toy.actor, Cause::default(), vec![stream(&AccountId::new()), stream(&ids[7])]).await;
    assert!(matches!(again, Err(LogError::Overtaken)), "{again:?}");
    let rows = toy.rows("toy_balances").await;
    assert!(rows.len() == 3_000 && rows.iter().all(|(_, cents, events)| (*cents, *events) == (3, 2)));
    assert_eq!(toy.pay(ids[0], 1).await.expect("goes on"), 3);
}

async fn what_goes_along_is_one_transaction(place: Place) {
    let toy = Toy::new(place).await;
    let id = AccountId::new();
    let with = |fails: bool| {
        let also: eventlog::Also = Box::new(move |tx, events| {
            async move {
                let insert = "INSERT INTO idempotency (workspace_id, key, fingerprint, stream, version, recorded_at)
                     VALUES ($1, $2, $3, 'x', 1, 1)";
                tx.execute(insert, args![events[0].event_id.to_string(), vec![0_u8]]).await?;
                if fails { Err(LogError::Overtaken) } else { Ok(()) }
            }
            .boxed()
        });
        let how = How { also: Some(also), ..How::default() };
        toy.log.change_with::<Account, Overdrawn, ToyError>(&toy.actor, id, how, |account| account.pay(1))
    };
    with(true).await.expect_err("what goes along failed");
    with(false).await.expect("stored");
    let kept = toy.place.database.all("SELECT key FROM idempotency", args![]).await.expect("read");
    assert_eq!((kept.len(), toy.rows("toy_balances").await[0].1), (1, 1));
}

async fn snapshots_change_nothing(place: Place) {
    let toy = Toy::new(place).await;
    let (id, subject) = (AccountId::new(), SubjectId::new());
    let owner = kernel::Personal::of(subject, "Ada Lovelace".to_owned());
    let opened = vec![AccountEvent::Opened { owner }];
    toy.log.change::<Account, Overdrawn, ToyError>(&toy.actor, id, move |_| Ok(opened)).await.expect("stored");
    for _ in 0..25 {
        toy.pay(id, 2).await.expect("stored");
    }
    let versions = toy.place.database.all("SELECT version, state FROM snapshots", args![]).await.expect("read");
    assert_eq!(versions[0].get::<i64>(0).expect("as stored"), 20);
    let state = String::from_utf8(versions[0].get(1).expect("as stored")).expect("as stored");
    assert!(!state.contains("Ada") && state.contains("$sealed"), "{state}");
    let (now, version) = toy.log.get::<Account>(toy.actor.workspace, id).await.expect("read");
    assert_eq!((now.balance, version), (50, 26));
    assert_eq!(now.owner.as_ref().and_then(|owner| owner.open()).map(String::as_str), Some("Ada Lovelace"));
    let (then, version) = toy.log.get_at::<Account>(toy.actor.workspace, id, 5).await.expect("read");
    assert_eq!((then.balance, version), (8, 5));
}
