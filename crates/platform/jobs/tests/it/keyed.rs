//! Keys that others take and let go of while a job is enqueued.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use jobs::{Enqueued, JobError, State, Unique};
use kernel::{ErrorKind, ProductError};
use sql::{Dialect, Scope, args};
use testkit::{Place, on_both};
use tokio::sync::Notify;

use testkit::conformance::jobs::shop::{Does, Shop, soon};

on_both!(a_job_that_nobody_stands_for_is_a_conflict);

/// Only PostgreSQL has more than one writer: here the statement that finds the key taken waits until it is free again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_let_go_between_two_looks_is_taken() {
    let Some(place) = testkit::postgres().await else { return };
    let shop = Shop::open(place).await;
    let unique = async || shop.job(1).await.unique(Unique::while_live("a"));
    let first = shop.enqueue(unique().await).await;
    shop.sql(
        "CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NULL; END'",
    )
    .await;
    shop.sql("CREATE TRIGGER wait_here AFTER INSERT ON jobs FOR EACH STATEMENT EXECUTE FUNCTION wait_here()").await;
    let (barred, open) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (bars, opens, database) = (Arc::clone(&barred), Arc::clone(&open), shop.place.database.clone());
    let bar = tokio::spawn(async move {
        let held: Result<(), JobError> = database
            .write(Scope::System, move |tx| {
                async move {
                    tx.all("SELECT 1 FROM pg_advisory_xact_lock(42)", args![]).await?;
                    bars.notify_one();
                    opens.notified().await;
                    Ok(())
                }
                .boxed()
            })
            .await;
        held.expect("held");
    });
    barred.notified().await;
    let (queue, job) = (shop.jobs.clone(), unique().await);
    let second = tokio::spawn(async move { queue.enqueue(job).await });
    let waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let rows = async || shop.place.database.all(waits, args![]).await.expect("read").len();
    soon("it has found the key taken", async || rows().await == 1).await;
    assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 1);
    assert_eq!(shop.state(first).await, State::Succeeded);
    open.notify_one();
    bar.await.expect("held to the end");
    let second = second.await.expect("ended").expect("answers");
    assert!(matches!(second, Enqueued::New(id) if id != first), "{second:?}");
    assert_eq!(shop.state(second.id()).await, State::Queued);
}

/// Whatever keeps it from being stored: who enqueues it is told, and not that it is there.
async fn a_job_that_nobody_stands_for_is_a_conflict(place: Place) {
    let shop = Shop::open(place).await;
    if shop.place.database.dialect() == Dialect::Postgres {
        shop.sql("CREATE FUNCTION pass_over() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'").await;
        shop.sql("CREATE TRIGGER pass_over BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION pass_over()").await;
    } else {
        shop.sql("CREATE TRIGGER pass_over BEFORE INSERT ON jobs BEGIN SELECT RAISE(IGNORE); END").await;
    }
    let enqueued = shop.jobs.enqueue(shop.job(1).await.unique(Unique::while_live("a")));
    let refused = tokio::time::timeout(Duration::from_secs(10), enqueued).await.expect("in time");
    assert!(refused.as_ref().is_err_and(|error| error.kind() == ErrorKind::Conflict), "{refused:?}");
}
