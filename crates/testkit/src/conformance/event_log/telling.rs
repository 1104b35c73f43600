//! What is told of a write: to those that wait in this process, and to those that ask where it is.

use std::{future::Future, time::Duration};

use eventlog::{Cause, EventId, How, LogError, NewStream, Once};
use futures::FutureExt;
use kernel::{Timestamp, uuid::Uuid};
use sql::{Scope, SqlError, args};

use super::toy::{Account, AccountEvent, AccountId, Overdrawn, Toy, ToyError};
use crate::{Place, conformance::rules::rules};

rules!(
    nothing_that_happens_between_two_looks_is_missed,
    an_event_knows_its_position,
    what_an_event_follows_from_is_kept,
    a_repeated_command_does_nothing_more
);

async fn soon(told: impl Future<Output = ()>) -> bool {
    tokio::time::timeout(Duration::from_secs(5), told).await.is_ok()
}

/// Listens first, then looks; what comes in between must not be waited for in vain.
async fn nothing_that_happens_between_two_looks_is_missed(place: Place) {
    let toy = Toy::new(place).await;
    let (id, appended) = (AccountId::new(), toy.log.appended());
    toy.pay(id, 1).await.expect("stored");
    assert!(soon(appended).await, "of a change");
    let appended = toy.log.appended();
    let streams = vec![NewStream::<Account> { id: AccountId::new(), events: vec![AccountEvent::Paid { cents: 1 }] }];
    toy.log.append_many(&toy.actor, Cause::default(), streams).await.expect("stored");
    assert!(soon(appended).await, "of many streams");
    let sealed = toy.log.sealed();
    toy.seal().await;
    assert!(soon(sealed).await, "of sealing");
    assert!(toy.log.appended().now_or_never().is_none(), "what was before is no news");
    assert!(toy.log.sealed().now_or_never().is_none(), "what was before is no news");
}

async fn an_event_knows_its_position(place: Place) {
    let toy = Toy::new(place).await;
    let (id, workspace) = (AccountId::new(), toy.actor.workspace);
    for cents in 1..=3 {
        toy.pay(id, cents).await.expect("stored");
    }
    let name = format!("toy.account.{id}");
    let before = toy.log.stream(workspace, &name, 1).await.expect("read");
    assert_eq!(before.iter().map(|event| (event.version, event.position)).collect::<Vec<_>>(), [(2, 0), (3, 0)]);
    toy.seal().await;
    let after = toy.log.stream(workspace, &name, 0).await.expect("read");
    assert_eq!(after, toy.log.after(0, 10).await.expect("read"));
    let third = toy.log.event(workspace, after[2].event_id).await.expect("read");
    assert_eq!(third.map(|event| event.position), Some(3));
}

async fn what_an_event_follows_from_is_kept(place: Place) {
    let toy = Toy::new(place).await;
    let id = AccountId::new();
    let cause = Cause {
        correlation_id: Some(Uuid::from_u128(7)),
        causation_id: Some(EventId(Uuid::from_u128(8))),
        traceparent: Some("00-1-2-01".to_owned()),
    };
    let (long_ago, now) = (Timestamp(1_000), toy.log.source().now());
    let how = How { cause: cause.clone(), occurred_at: Some(long_ago), ..How::default() };
    toy.log
        .change_with::<Account, Overdrawn, ToyError>(&toy.actor, id, how, |account| account.pay(5))
        .await
        .expect("stored");
    let stored = toy.log.stream(toy.actor.workspace, &format!("toy.account.{id}"), 0).await.expect("read").remove(0);
    let kept = Cause {
        correlation_id: Some(stored.correlation_id),
        causation_id: stored.causation_id,
        traceparent: stored.traceparent,
    };
    assert_eq!((kept, stored.occurred_at, stored.recorded_at), (cause, long_ago, now));
    // The past is what was known then.
    let (_, version) = toy.log.get_as_of::<Account>(toy.actor.workspace, id, Timestamp(now.0 - 1)).await.expect("read");
    assert_eq!(version, 0);
}

async fn a_repeated_command_does_nothing_more(place: Place) {
    let toy = Toy::new(place).await;
    let id = AccountId::new();
    let send = |id| {
        let also: eventlog::Also = Box::new(move |tx, _| {
            async move {
                let insert = "INSERT INTO snapshots (workspace_id, stream, version, state_version, state)
                     VALUES ($1, $2, 1, 1, $3)";
                tx.execute(insert, args![AccountId::new().to_string(), vec![0_u8]]).await?;
                Ok(())
            }
            .boxed()
        });
        let once = Once { key: "a".to_owned(), fingerprint: [1; 32] };
        let how = How { once: Some(once), also: Some(also), ..How::default() };
        toy.log.change_with::<Account, Overdrawn, ToyError>(&toy.actor, id, how, |account| account.pay(5))
    };
    assert!(!send(id).await.expect("stored").repeated);
    assert!(send(id).await.expect("known").repeated);
    let rows: Result<usize, SqlError> = toy
        .place
        .database
        .read(Scope::System, |tx| async move { Ok(tx.all("SELECT 1 FROM snapshots", args![]).await?.len()) }.boxed())
        .await;
    assert_eq!(rows.expect("read"), 1, "what goes along was done again");
    let elsewhere = send(AccountId::new()).await;
    assert!(
        matches!(elsewhere, Err(ToyError::Log(LogError::KeyReused { .. }))),
        "the same command for another account is another command"
    );
}
