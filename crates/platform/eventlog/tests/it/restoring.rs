//! A log in another cluster than the one that it was written in.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use eventlog::{Cause, NewStream};
use futures::future::join_all;
use sql::{Scope, Sql, SqlError, args};
use testkit::conformance::event_log::toy::{Account, AccountEvent, AccountId, Toy};

/// As it comes out of a backup: all ids of transactions are others.
async fn move_far(toy: &Toy, far: &str) {
    let statements = [
        format!("UPDATE events SET txid = txid + {far} WHERE txid > 0 AND txid < 900000000"),
        format!("UPDATE sealer SET cluster = 'another', low = low + {far}, high = high + {far}"),
    ];
    let done: Result<(), SqlError> = toy
        .place
        .database
        .write(Scope::System, move |tx| {
            Box::pin(async move {
                for sql in statements {
                    tx.execute(Sql::made(sql), args![]).await?;
                }
                Ok(())
            })
        })
        .await;
    done.expect("as it comes out of a backup");
}

async fn assert_whole(toy: &Toy, events: u64) {
    for _ in 0..500 {
        toy.log.seal_all().await.expect("sealed");
        if toy.log.head().await.expect("read") == events {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut positions = Vec::new();
    loop {
        let more = toy.log.after(positions.len() as u64, 5_000).await.expect("read");
        if more.is_empty() {
            break;
        }
        positions.extend(more.iter().map(|event| event.position));
    }
    assert!(positions.iter().copied().eq(1..=events), "{} of {events}", positions.len());
    assert_eq!(toy.log.verify().await.expect("read").broken, None);
}

/// The ids of transactions begin anew in another cluster: what they were before means nothing there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_restored_into_another_cluster_goes_on() {
    for far in ["1000000000", "-1000000000"] {
        let Some(place) = testkit::postgres().await else { return };
        let toy = Toy::new(place).await;
        let id = AccountId::new();
        for _ in 0..3 {
            toy.pay(id, 1).await.expect("stored");
        }
        toy.seal().await;
        toy.pay(id, 1).await.expect("stored before the backup, and not sealed");
        move_far(&toy, far).await;
        toy.pay(id, 1).await.expect("stored after it");
        assert_whole(&toy, 5).await;
    }
}

/// Writers do not wait for the walk through a restored log, and nothing of theirs is left out; nor by a second one that is
/// begun beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_is_written_while_it_is_adopted() {
    let Some(place) = testkit::postgres().await else { return };
    let toy = Arc::new(Toy::new(place).await);
    let stream = |_| NewStream::<Account> { id: AccountId::new(), events: vec![AccountEvent::Paid { cents: 1 }; 2] };
    // More than one transaction of the walk has.
    let many = (0..6_000).map(stream).collect();
    toy.log.append_many(&toy.actor, Cause::default(), many).await.expect("stored");
    toy.seal().await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers = (0..4).map(|_| {
        let (toy, stop) = (Arc::clone(&toy), Arc::clone(&stop));
        tokio::spawn(async move {
            let (id, mut paid) = (AccountId::new(), 0);
            while !stop.load(Ordering::SeqCst) {
                paid = toy.pay(id, 1).await.expect("stored");
            }
            paid
        })
    });
    let writers: Vec<_> = writers.collect();
    let other = toy.other_process(3).await;
    // What came late in one cluster is sealed by the time of the next.
    for far in ["1000000000", "-1000000000", "1000000000"] {
        move_far(&toy, far).await;
        let (one, two) = tokio::join!(toy.log.seal(), other.seal());
        one.expect("sealed");
        two.expect("sealed");
    }
    stop.store(true, Ordering::SeqCst);
    let paid: u64 = join_all(writers).await.into_iter().map(|writer| writer.expect("wrote")).sum();
    assert_whole(&toy, 12_000 + paid).await;
}
