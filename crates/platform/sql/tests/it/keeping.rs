//! What a database keeps on its disk, and what it does not.

use futures::FutureExt;
use kernel::WorkspaceId;
use sql::{Scope, SqlError, Value, args};
use testkit::{Place, on_both};
use uuid::Uuid;

use crate::prepared;

on_both!(what_was_deleted_leaves_the_files);

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
    let rows: Vec<Vec<Value>> =
        (0..20_000_u32).map(|number| args![Uuid::from_u128(u128::from(number)), format!("name {number}")]).collect();
    let stored: Result<u64, SqlError> = place
        .database
        .write(Scope::Workspace(WorkspaceId::new()), move |tx| {
            async move { tx.insert_many(("things", &["id", "name"]), rows, "").await }.boxed()
        })
        .await;
    assert_eq!(stored.expect("stored"), 20_000);
    let deleted: Result<u64, SqlError> =
        place.database.write(Scope::System, |tx| tx.execute("DELETE FROM things", args![]).boxed()).await;
    assert_eq!(deleted.expect("deleted"), 20_000);
    let before = size(&place).await;
    place.database.rewrite(&["things"]).await.expect("rewritten");
    let after = size(&place).await;
    assert!(before > 0 && after == 0, "{before} bytes became {after}");
}

/// Of the table on PostgreSQL, of the write-ahead log on SQLite.
async fn size(place: &Place) -> u64 {
    if let Some(file) = place.settings.url.strip_prefix("sqlite:") {
        return std::fs::metadata(format!("{file}-wal")).expect("a log").len();
    }
    let rows = place.database.all("SELECT pg_relation_size('things')", args![]).await.expect("read");
    rows[0].count(0).expect("a size")
}
