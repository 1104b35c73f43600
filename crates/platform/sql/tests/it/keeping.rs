//! What a database keeps on its disk, and what it does not.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use kernel::WorkspaceId;
use sql::{Database, Scope, Settings, SqlError, Value, args};
use testkit::{Place, on_both};
use tokio::{sync::Notify, task::JoinHandle, time::timeout};
use uuid::Uuid;

use crate::{count_up, new_counter, prepared};

on_both!(what_was_deleted_leaves_the_files, a_rewrite_beside_an_old_snapshot_is_no_success);

/// An acknowledged write was flushed (2 is FULL), what is deleted is overwritten, and references hold.
#[tokio::test]
async fn sqlite_is_opened_as_promised() {
    let place = testkit::sqlite().await;
    for (pragma, expected) in [("synchronous", 2), ("secure_delete", 1), ("foreign_keys", 1)] {
        let found: Result<i64, SqlError> = place
            .database
            .write(Scope::System, move |tx| {
                let text = sql::Sql::made(format!("PRAGMA {pragma}"));
                async move { tx.one(text, args![]).await?.get(0) }.boxed()
            })
            .await;
        assert_eq!(found.expect("answered"), expected, "{pragma}");
    }
}

async fn what_was_deleted_leaves_the_files(place: Place) {
    let place = prepared(place).await;
    fill(&place).await;
    empty(&place).await;
    let before = size(&place).await;
    place.database.rewrite(&["things"]).await.expect("rewritten");
    let after = size(&place).await;
    assert!(before > 0 && after == 0, "{before} bytes became {after}");
}

/// Whoever began to read before the deletion still sees the rows, so that they are still there.
async fn a_rewrite_beside_an_old_snapshot_is_no_success(place: Place) {
    let place = prepared(place).await;
    new_counter(&place, "a").await;
    fill(&place).await;
    let end = Arc::new(Notify::new());
    let reader = reader(&place, &end).await;
    empty(&place).await;
    let before = size(&place).await;
    let impatient = impatient(&place).await;
    // Far less than the reader may take, which would end by itself.
    let refused = timeout(Duration::from_secs(15), impatient.rewrite(&["things"])).await.expect("in time");
    assert!(matches!(refused, Err(SqlError::Busy)), "{refused:?} with {} of {before} bytes left", size(&place).await);
    end.notify_one();
    reader.await.expect("ended").expect("read");
    place.database.rewrite(&["things"]).await.expect("rewritten");
    assert_eq!(size(&place).await, 0, "of {before} bytes");
}

/// A snapshot sees what the oldest transaction of the server may see, that of another database too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rewrite_beside_a_writer_of_another_database_is_no_success() {
    let (Some(place), Some(other)) = (testkit::postgres().await, testkit::postgres().await) else { return };
    let (place, other) = (prepared(place).await, prepared(other).await);
    new_counter(&other, "a").await;
    fill(&place).await;
    let (begun, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, ends, database) = (Arc::clone(&begun), Arc::clone(&end), other.database.clone());
    let writer = tokio::spawn(async move {
        let work = database.write::<(), SqlError, _>(Scope::System, move |tx| {
            async move {
                count_up(tx, "a").await?;
                begins.notify_one();
                ends.notified().await;
                Ok(())
            }
            .boxed()
        });
        work.await
    });
    begun.notified().await;
    empty(&place).await;
    let refused = impatient(&place).await.rewrite(&["things"]).await;
    assert!(matches!(refused, Err(SqlError::Busy)), "{refused:?} with {} bytes left", size(&place).await);
    end.notify_one();
    writer.await.expect("ended").expect("written");
    place.database.rewrite(&["things"]).await.expect("rewritten");
    assert_eq!(size(&place).await, 0);
}

/// Another handle, whose transactions may take some seconds.
async fn impatient(place: &Place) -> Database {
    let settings = Settings { transaction_timeout: Duration::from_secs(3), ..place.settings.clone() };
    Database::open(&settings).await.expect("opened")
}

/// Whoever folds the log holds up all who write for as long as it waits for a reader.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fold_beside_a_reader_ends_soon_and_lets_others_write() {
    let place = prepared(testkit::sqlite().await).await;
    new_counter(&place, "a").await;
    let end = Arc::new(Notify::new());
    let reader = reader(&place, &end).await;
    let written: Result<i64, SqlError> = place.database.write(Scope::System, |tx| count_up(tx, "a").boxed()).await;
    written.expect("the reader needs an older log than this");
    let database = place.database.clone();
    let fold = tokio::spawn(async move { timeout(Duration::from_secs(15), database.fold()).await });
    let mut during = 0;
    while !fold.is_finished() {
        let write = place.database.write::<i64, SqlError, _>(Scope::System, |tx| count_up(tx, "a").boxed());
        timeout(Duration::from_secs(10), write).await.expect("nobody holds the lock so long").expect("written");
        during += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let folded = fold.await.expect("ended").expect("a few seconds are enough to say no");
    assert!(matches!(folded, Err(SqlError::Busy)), "{folded:?}");
    assert!(during > 1, "writes and the fold took turns");
    end.notify_one();
    reader.await.expect("ended").expect("read");
    place.database.fold().await.expect("folded");
    assert_eq!(size(&place).await, 0);
}

/// A transaction that has read, and goes on until it is told to end.
async fn reader(place: &Place, end: &Arc<Notify>) -> JoinHandle<Result<(), SqlError>> {
    let (database, begun, end) = (place.database.clone(), Arc::new(Notify::new()), Arc::clone(end));
    let begins = Arc::clone(&begun);
    let reader = tokio::spawn(async move {
        let work = database.read::<(), SqlError, _>(Scope::System, move |tx| {
            async move {
                tx.all("SELECT value FROM counters", args![]).await?;
                begins.notify_one();
                end.notified().await;
                Ok(())
            }
            .boxed()
        });
        work.await
    });
    begun.notified().await;
    reader
}

async fn fill(place: &Place) {
    let rows: Vec<Vec<Value>> =
        (0..20_000_u32).map(|number| args![Uuid::from_u128(u128::from(number)), format!("name {number}")]).collect();
    let stored: Result<u64, SqlError> = place
        .database
        .write(Scope::Workspace(WorkspaceId::new()), move |tx| {
            async move { tx.insert_many(("things", &["id", "name"]), rows, "").await }.boxed()
        })
        .await;
    assert_eq!(stored.expect("stored"), 20_000);
}

async fn empty(place: &Place) {
    let deleted: Result<u64, SqlError> =
        place.database.write(Scope::System, |tx| tx.execute("DELETE FROM things", args![]).boxed()).await;
    assert_eq!(deleted.expect("deleted"), 20_000);
}

/// Of the table on PostgreSQL, of the write-ahead log on SQLite.
async fn size(place: &Place) -> u64 {
    if let Some(file) = place.settings.url.strip_prefix("sqlite:") {
        return std::fs::metadata(format!("{file}-wal")).expect("a log").len();
    }
    let rows = place.database.all("SELECT pg_relation_size('things')", args![]).await.expect("read");
    rows[0].count(0).expect("a size")
}
