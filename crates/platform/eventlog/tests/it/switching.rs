//! The switch to a read model made anew beside a sealer, on PostgreSQL, where both can run at the same time.

use std::{sync::Arc, time::Duration};

use eventlog::{Also, Cause, How, NewStream, Projector};
use futures::FutureExt;
use sql::{Scope, SqlError, args};
use testkit::conformance::event_log::toy::{Account, AccountEvent, AccountId, INLINE, Overdrawn, Toy, ToyError};
use tokio::time::sleep;

const STREAMS: usize = 1_500;

/// Much is sealed while the switch waits for a writer and while it looks: nothing falls between what was sealed and what
/// was not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sealed_during_the_switch_is_not_lost() {
    let Some(place) = testkit::postgres().await else { return };
    let toy = Arc::new(Toy::new(place).await);
    let stream = |_| NewStream::<Account> { id: AccountId::new(), events: vec![AccountEvent::Paid { cents: 1 }; 2] };
    // By short transactions: a long one holds the sealers of all tests on this server back.
    for _ in 0..STREAMS / 500 {
        let many = (0..500).map(stream).collect();
        toy.log.append_many(&toy.actor, Cause::default(), many).await.expect("stored");
    }
    // The sealer's lock: so long nothing is sealed, and the rebuild comes to its switch with all of it ahead.
    let database = toy.place.database.clone();
    let holder = tokio::spawn(async move {
        let held: Result<(), SqlError> = database
            .write(Scope::System, |tx| {
                async move {
                    tx.execute("SELECT pg_advisory_xact_lock(7166305117)", args![]).await?;
                    sleep(Duration::from_millis(600)).await;
                    Ok(())
                }
                .boxed()
            })
            .await;
        held.expect("held");
    });
    let (log, actor) = (toy.log.clone(), toy.actor.clone());
    let slow = tokio::spawn(async move {
        let also: Also = Box::new(|_, _| sleep(Duration::from_millis(900)).map(Ok).boxed());
        let how = How { also: Some(also), ..How::default() };
        let paid =
            log.change_with::<Account, Overdrawn, ToyError>(&actor, AccountId::new(), how, |account| account.pay(1));
        paid.await.expect("stored");
    });
    sleep(Duration::from_millis(200)).await;
    let projector = Projector::new(toy.other_process(2).await, vec![]);
    let rebuilding = tokio::spawn(async move { projector.rebuild(INLINE.name).await });
    holder.await.expect("no panic");
    let sealing = toy.other_process(3).await;
    let sealer = tokio::spawn(async move { sealing.keep_sealing().await });
    rebuilding.await.expect("no panic").expect("made anew");
    slow.await.expect("no panic");
    sealer.abort();
    let rows = toy.rows("toy_balances").await;
    let events: i64 = rows.iter().map(|(_, _, events)| events).sum();
    assert_eq!(usize::try_from(events).expect("a count"), 2 * STREAMS + 1);
}
