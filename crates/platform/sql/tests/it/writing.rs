//! What is acknowledged is there, what fails is not, and callers do not see each other's halves.

use std::collections::BTreeSet;

use futures::future::join_all;
use kernel::WorkspaceId;
use sql::{Scope, Sql, SqlError, Value, args};
use testkit::{Place, on_both};
use uuid::Uuid;

use crate::{count_up, counter, new_counter, prepared};

on_both!(values_come_back, readers_that_then_write, a_failure_keeps_nothing, a_failed_statement_forbids_to_commit);
on_both!(many_rows_at_once, a_panic_is_an_error);

async fn values_come_back(place: Place) {
    let place = prepared(place).await;
    let tenant = place.database.tenant(WorkspaceId::new());
    let (full, empty) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let stored: Result<(), SqlError> = tenant
        .write(move |tx| {
            Box::pin(async move {
                let insert =
                    "INSERT INTO things (workspace_id, id, name, size, share, body) VALUES ($1, $2, $3, $4, $5, $6)";
                tx.execute(insert, args![full, "ä\0b".replace('\0', ""), i64::MIN, 0.1, vec![0_u8, 255]]).await?;
                let (none, nothing): (Option<String>, Option<i64>) = (None, None);
                tx.execute(insert, args![empty, none, nothing, None::<f64>, None::<Vec<u8>>]).await?;
                Ok(())
            })
        })
        .await;
    stored.expect("stored");
    let sql = "SELECT id, name, size, share, body FROM things WHERE workspace_id = $1 ORDER BY id";
    let rows = tenant.all(sql, args![]).await.expect("read");
    let row = &rows[0];
    assert_eq!(row.get::<Uuid>(0).expect("as stored"), full);
    assert_eq!(row.get::<String>(1).expect("as stored"), "äb");
    assert_eq!(row.get::<i64>(2).expect("as stored"), i64::MIN);
    assert!((row.get::<f64>(3).expect("as stored") - 0.1).abs() < f64::EPSILON);
    assert_eq!(row.get::<Vec<u8>>(4).expect("as stored"), [0, 255]);
    let row = &rows[1];
    assert_eq!(row.get::<Option<String>>(1).expect("as stored"), None);
    assert_eq!(row.get::<Option<i64>>(2).expect("as stored"), None);
    assert_eq!(row.get::<Option<Vec<u8>>>(4).expect("as stored"), None);
    assert!(row.get::<i64>(9).is_err());
}

/// Deferred transactions failed 497 of 640 times here.
async fn readers_that_then_write(place: Place) {
    let place = prepared(place).await;
    new_counter(&place, "a").await;
    let callers = (0..640).map(|_| until_reached(&place));
    let seen: Result<BTreeSet<i64>, SqlError> = join_all(callers).await.into_iter().collect();
    assert_eq!(seen.expect("none failed"), (1..=640).collect());
    assert_eq!(counter(&place, "a").await, 640);
}

/// Nobody waits for a connection for more than some seconds, in which a loaded machine does not serve so many: who was told
/// that nothing was changed asks again.
async fn until_reached(place: &Place) -> Result<i64, SqlError> {
    loop {
        let counted = place.database.write(Scope::System, |tx| Box::pin(count_up(tx, "a"))).await;
        if !matches!(counted, Err(SqlError::Unavailable(_))) {
            return counted;
        }
    }
}

async fn a_failure_keeps_nothing(place: Place) {
    let place = prepared(place).await;
    new_counter(&place, "a").await;
    let callers = (0..100).map(|number| {
        place.database.write(Scope::System, move |tx| {
            Box::pin(async move {
                count_up(tx, "a").await?;
                if number % 3 == 0 { Err(SqlError::Busy) } else { Ok(()) }
            })
        })
    });
    let failed = join_all(callers).await.into_iter().filter(Result::is_err).count();
    assert_eq!((failed, counter(&place, "a").await), (34, 66));
}

/// PostgreSQL answers COMMIT of a failed transaction with a quiet rollback: the caller must hear of it.
async fn a_failed_statement_forbids_to_commit(place: Place) {
    let place = prepared(place).await;
    new_counter(&place, "a").await;
    let done: Result<(), SqlError> = place
        .database
        .write(Scope::System, |tx| {
            Box::pin(async move {
                count_up(tx, "a").await?;
                let again = tx.execute("INSERT INTO counters (name, value) VALUES ('a', 7)", args![]).await;
                assert!(matches!(again, Err(SqlError::Unique)), "{again:?}");
                Ok(())
            })
        })
        .await;
    assert!(matches!(done, Err(SqlError::Unique)), "{done:?}");
    assert_eq!(counter(&place, "a").await, 0);
}

async fn many_rows_at_once(place: Place) {
    let place = prepared(place).await;
    let tenant = place.database.tenant(WorkspaceId::new());
    let rows: Vec<Vec<Value>> = (0..25_000_u32)
        .map(|number| {
            let name = (number % 2 == 0).then(|| format!("n{number}"));
            args![Uuid::from_u128(u128::from(number) + 1), name, number, f64::from(number), vec![1_u8; 3]]
        })
        .collect();
    let twice = rows.clone();
    let columns = ["id", "name", "size", "share", "body"];
    let insert = |rows: Vec<Vec<Value>>| {
        tenant.write::<u64, SqlError, _>(move |tx| {
            Box::pin(async move { tx.insert_many(("things", &columns), rows, "ON CONFLICT DO NOTHING").await })
        })
    };
    assert_eq!(insert(rows).await.expect("inserted"), 25_000);
    assert_eq!(insert(twice).await.expect("nothing to do"), 0);
    let sql = "SELECT count(*), count(name), CAST(sum(size) AS BIGINT) FROM things WHERE workspace_id = $1";
    let rows = tenant.all(sql, args![]).await.expect("read");
    let read = |at| rows[0].get::<i64>(at).expect("as stored");
    assert_eq!((read(0), read(1), read(2)), (25_000, 12_500, 312_487_500));
}

async fn a_panic_is_an_error(place: Place) {
    let place = prepared(place).await;
    new_counter(&place, "a").await;
    let broken: Result<(), SqlError> = place
        .database
        .write(Scope::System, |tx| {
            Box::pin(async move {
                count_up(tx, "a").await?;
                panic!("on purpose")
            })
        })
        .await;
    assert!(matches!(broken, Err(SqlError::Aborted)), "{broken:?}");
    assert_eq!(counter(&place, "a").await, 0);
    let fine: Result<i64, SqlError> = place.database.write(Scope::System, |tx| Box::pin(count_up(tx, "a"))).await;
    assert_eq!(fine.expect("goes on"), 1);
}

#[tokio::test]
async fn an_address_of_another_kind_is_refused() {
    let refused = sql::Database::open(&sql::Settings::of("mysql://x")).await;
    assert!(matches!(refused, Err(SqlError::Scheme { scheme }) if scheme == "mysql"));
}

#[tokio::test]
async fn memory_is_a_database_too() {
    let place = prepared(testkit::memory().await).await;
    new_counter(&place, "a").await;
    let done: Result<i64, SqlError> = place.database.write(Scope::System, |tx| Box::pin(count_up(tx, "a"))).await;
    assert_eq!(done.expect("written"), 1);
    let named = Sql::from("SELECT value FROM {table}").naming("counters");
    assert_eq!(place.database.all(named, args![]).await.expect("read").len(), 1);
}
