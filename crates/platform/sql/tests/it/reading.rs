//! Reads are one snapshot and change nothing; a replica answers where one is there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::FutureExt;
use kernel::{ErrorKind, ProductError};
use sql::{Database, Scope, Settings, SqlError, Tx, args};
use testkit::{Place, on_both};
use tokio::{net::TcpListener, sync::Notify};

use crate::{count_up, counter, new_counter, prepared};

on_both!(a_read_is_one_snapshot, a_read_changes_nothing);

const VALUE: &str = "SELECT value FROM counters WHERE name = 'a'";

async fn a_read_is_one_snapshot(place: Place) {
    let place = prepared(place).await;
    new_counter(&place, "a").await;
    let (looked, written) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (looks, writes) = (Arc::clone(&looked), Arc::clone(&written));
    let database = place.database.clone();
    let reader = tokio::spawn(async move {
        let read: Result<(i64, i64), SqlError> = database
            .read(Scope::System, move |tx| {
                async move {
                    let before = tx.one(VALUE, args![]).await?.get(0)?;
                    looks.notify_one();
                    writes.notified().await;
                    Ok((before, tx.one(VALUE, args![]).await?.get(0)?))
                }
                .boxed()
            })
            .await;
        read.expect("read")
    });
    looked.notified().await;
    let done: Result<i64, SqlError> = place.database.write(Scope::System, |tx| count_up(tx, "a").boxed()).await;
    assert_eq!(done.expect("readers hold up nobody"), 1);
    written.notify_one();
    assert_eq!(reader.await.expect("ended"), (0, 0));
    assert_eq!(counter(&place, "a").await, 1);
}

async fn a_read_changes_nothing(place: Place) {
    let place = prepared(place).await;
    new_counter(&place, "a").await;
    let update = "UPDATE counters SET value = 7";
    let refused: Result<u64, SqlError> =
        place.database.read(Scope::System, move |tx| tx.execute(update, args![]).boxed()).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(counter(&place, "a").await, 0);
}

/// A database that says where it is: two that are no copies of each other tell who was asked.
async fn named(place: Place, name: &'static str) -> Place {
    let place = prepared(place).await;
    let done: Result<u64, SqlError> = place
        .database
        .write(Scope::System, move |tx| {
            tx.execute("INSERT INTO counters (name, value) VALUES ($1, 0)", args![name]).boxed()
        })
        .await;
    done.expect("named");
    place
}

async fn with_replicas(place: &Place, read_urls: Vec<String>) -> Database {
    let settings = Settings { read_urls, ..place.settings.clone() };
    Database::open(&settings).await.expect("a replica that is away keeps nobody from beginning")
}

async fn asked(database: &Database) -> String {
    let answer: Result<String, SqlError> = database.read_replica(Scope::System, |tx| name(tx).boxed()).await;
    answer.expect("answered")
}

/// Asks until it is this one: a replica that a loaded machine makes slow is left alone for some seconds.
async fn answers(database: &Database, expected: &str) {
    let begun = Instant::now();
    while asked(database).await != expected {
        assert!(begun.elapsed() < Duration::from_mins(1), "{expected} never answers");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn name(tx: &mut Tx) -> Result<String, SqlError> {
    tx.one("SELECT min(name) FROM counters", args![]).await?.get(0)
}

const NOBODY: &str = "postgres://grayghost@127.0.0.1:1/nothing";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_reads_go_to_a_replica_and_nothing_else_does() {
    let (Some(primary), Some(replica)) = (testkit::postgres().await, testkit::postgres().await) else { return };
    let (primary, replica) = (named(primary, "primary").await, named(replica, "replica").await);
    let database = with_replicas(&primary, vec![replica.settings.url.clone()]).await;
    answers(&database, "replica").await;
    let now: Result<String, SqlError> = database.read(Scope::System, |tx| name(tx).boxed()).await;
    assert_eq!(now.expect("answered"), "primary");
    for _ in 0..4 {
        let written: Result<i64, SqlError> = database.write(Scope::System, |tx| count_up(tx, "primary").boxed()).await;
        written.expect("written where it is");
    }
    assert_eq!(counter(&primary, "primary").await, 4);
    let refused: Result<u64, SqlError> =
        database.read_replica(Scope::System, |tx| tx.execute("DELETE FROM counters", args![]).boxed()).await;
    assert!(refused.is_err(), "{refused:?}");
    answers(&database, "replica").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_away_is_passed_over_and_left_alone_for_a_while() {
    let (Some(primary), Some(replica)) = (testkit::postgres().await, testkit::postgres().await) else { return };
    let (primary, replica) = (named(primary, "primary").await, named(replica, "replica").await);
    let (url, connected) = hangs_up().await;
    let alone = with_replicas(&primary, vec![url]).await;
    let (begun, mut tried) = (Instant::now(), 0);
    for _ in 0..20 {
        let before = connected.load(Ordering::SeqCst);
        assert_eq!(asked(&alone).await, "primary");
        tried += u64::from(connected.load(Ordering::SeqCst) > before);
    }
    // It rests for 5 s each time; counted, because nobody knows how long 20 reads take on a loaded machine.
    assert!((1..=1 + begun.elapsed().as_secs() / 5).contains(&tried), "it was tried {tried} times");
    let two = with_replicas(&primary, vec![NOBODY.to_owned(), replica.settings.url.clone()]).await;
    for _ in 0..4 {
        answers(&two, "replica").await;
    }
}

/// A server that takes every connection and ends it; its address, and how many there were.
async fn hangs_up() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let connected = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connected);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            drop(client);
        }
    });
    (format!("postgres://grayghost@127.0.0.1:{port}/nothing"), connected)
}

/// A pool that gave up says only that it did.
#[tokio::test]
async fn a_server_that_is_not_there_is_told_as_such() {
    let settings = Settings { transaction_timeout: Duration::from_millis(300), ..Settings::of(NOBODY) };
    let failed = Database::open(&settings).await.expect_err("nobody listens");
    assert_eq!(failed.kind(), ErrorKind::Unavailable);
    let why = std::error::Error::source(&failed).map(ToString::to_string).unwrap_or_default();
    assert!(why.contains("refused"), "{failed}: {why}");
}
