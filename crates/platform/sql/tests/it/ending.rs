//! How transactions end: whole, in time, and as their callers are told.

use std::time::Duration;

use futures::{FutureExt, future::join_all};
use kernel::WorkspaceId;
use sql::{Database, Scope, Settings, SqlError, Tx, args};
use testkit::{Place, on_both};
use uuid::Uuid;

use crate::{count_up, counter, new_counter, prepared};

on_both!(what_takes_too_long_is_ended, a_refused_commit_is_no_success, each_failure_forbids_to_commit);
on_both!(a_lock_lets_one_in_at_a_time, a_caller_that_goes_away_leaves_no_half);

async fn what_takes_too_long_is_ended(place: Place) {
    let place = prepared(place).await;
    new_counter(&place, "a").await;
    let settings =
        Settings { transaction_timeout: Duration::from_secs(1), max_connections: 1, ..place.settings.clone() };
    let database = Database::open(&settings).await.expect("opened");
    let ended: Result<(), SqlError> = database
        .write(Scope::System, |tx| {
            async move {
                count_up(tx, "a").await?;
                std::future::pending().await
            }
            .boxed()
        })
        .await;
    assert!(matches!(ended, Err(SqlError::TimedOut { seconds: 1 })), "{ended:?}");
    let next: Result<i64, SqlError> = database.write(Scope::System, |tx| count_up(tx, "a").boxed()).await;
    assert_eq!((next.expect("goes on"), counter(&place, "a").await), (1, 1));
}

/// A constraint that is looked at in the end: nothing fails before the commit does.
async fn a_refused_commit_is_no_success(place: Place) {
    let run = async |statement: &'static str| {
        let done: Result<u64, SqlError> =
            place.database.write(Scope::System, move |tx| tx.execute(statement, args![]).boxed()).await;
        done
    };
    run("CREATE TABLE parents (id BIGINT PRIMARY KEY)").await.expect("made");
    run("CREATE TABLE children (parent BIGINT NOT NULL REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)")
        .await
        .expect("made");
    let refused = run("INSERT INTO children (parent) VALUES (1)").await;
    assert!(refused.is_err(), "it was told that an orphan is stored");
    run("INSERT INTO parents (id) VALUES (1)").await.expect("goes on");
    run("INSERT INTO children (parent) VALUES (1)").await.expect("no orphan any more");
    assert_eq!(place.database.all("SELECT parent FROM children", args![]).await.expect("read").len(), 1);
}

#[derive(Clone, Copy, Debug)]
enum Fails {
    Statement,
    Query,
    Bulk,
}

/// The work goes on as if nothing had happened, and must not be acknowledged.
async fn each_failure_forbids_to_commit(place: Place) {
    let place = prepared(place).await;
    new_counter(&place, "a").await;
    let workspace = WorkspaceId::new();
    for how in [Fails::Statement, Fails::Query, Fails::Bulk] {
        let done: Result<(), SqlError> = place
            .database
            .write(Scope::Workspace(workspace), move |tx| {
                async move {
                    let insert = "INSERT INTO things (workspace_id, id) VALUES ($1, $2)";
                    tx.execute(insert, args![Uuid::from_u128(1)]).await?;
                    let failed = fail(tx, how).await;
                    assert!(failed.is_err(), "{how:?}");
                    Ok(())
                }
                .boxed()
            })
            .await;
        assert!(done.is_err(), "{how:?} was acknowledged");
        assert!(place.database.all("SELECT 1 FROM things", args![]).await.expect("read").is_empty(), "{how:?}");
    }
}

async fn fail(tx: &mut Tx, how: Fails) -> Result<(), SqlError> {
    let twice = Uuid::from_u128(1);
    match how {
        Fails::Statement => {
            let insert = "INSERT INTO things (workspace_id, id) VALUES ($1, $2)";
            tx.execute(insert, args![twice]).await.map(|_| ())
        }
        Fails::Query => {
            let insert = "INSERT INTO things (workspace_id, id) VALUES ($1, $2) RETURNING id";
            tx.all(insert, args![twice]).await.map(|_| ())
        }
        Fails::Bulk => tx.insert_many(("things", &["id"]), vec![args![twice]], "").await.map(|_| ()),
    }
}

/// Read and write back, with nothing but the lock to keep others out in between.
async fn a_lock_lets_one_in_at_a_time(place: Place) {
    let place = prepared(place).await;
    new_counter(&place, "a").await;
    let (read, write) =
        ("SELECT value FROM counters WHERE name = 'a'", "UPDATE counters SET value = $1 WHERE name = 'a'");
    let callers = (0..60).map(|_| {
        place.database.write_locked::<_, SqlError, _>(Scope::System, Some(7), move |tx| {
            async move {
                let value: i64 = tx.one(read, args![]).await?.get(0)?;
                tx.execute(write, args![value + 1]).await
            }
            .boxed()
        })
    });
    let done: Result<Vec<u64>, SqlError> = join_all(callers).await.into_iter().collect();
    assert_eq!((done.expect("none failed").len(), counter(&place, "a").await), (60, 60));
}

/// The caller is dropped between the two halves of the work, which still ends whole.
async fn a_caller_that_goes_away_leaves_no_half(place: Place) {
    let place = prepared(place).await;
    new_counter(&place, "first").await;
    new_counter(&place, "second").await;
    for _ in 0..20 {
        let call = place.database.write::<i64, SqlError, _>(Scope::System, |tx| {
            async move {
                count_up(tx, "first").await?;
                tokio::time::sleep(Duration::from_millis(40)).await;
                count_up(tx, "second").await
            }
            .boxed()
        });
        let _ = tokio::time::timeout(Duration::from_millis(20), call).await;
        let other: Result<u64, SqlError> = place
            .database
            .write(Scope::System, |tx| tx.execute("UPDATE counters SET value = value", args![]).boxed())
            .await;
        other.expect("the next caller finds all in order");
        let halves =
            place.database.all("SELECT value FROM counters WHERE value < (SELECT max(value) FROM counters)", args![]);
        assert!(halves.await.expect("read").is_empty(), "half of it is there");
    }
    assert!(counter(&place, "first").await > 0, "nothing ever began, and this test proves nothing");
}
