//! Migrations: each once, whoever starts, and never with another text.

use futures::future::join_all;
use kernel::Timestamp;
use sql::{Migration, SqlError, args};
use testkit::{Place, on_both};

use crate::TABLES;

on_both!(many_processes_start_at_once, a_changed_or_unknown_step_is_refused, a_broken_step_leaves_nothing);

async fn many_processes_start_at_once(place: Place) {
    let mut handles = Vec::new();
    for _ in 0..6 {
        handles.push(place.again().await);
    }
    let started = join_all(handles.iter().map(|handle| handle.migrate(TABLES.to_vec(), Timestamp(1)))).await;
    let applied: Result<Vec<usize>, SqlError> = started.into_iter().collect();
    assert_eq!(applied.expect("all started").iter().sum::<usize>(), TABLES.len());
}

async fn a_changed_or_unknown_step_is_refused(place: Place) {
    place.database.migrate(TABLES.to_vec(), Timestamp(1)).await.expect("migrated");
    let changed = Migration { sql: "CREATE TABLE others (id BIGINT)", ..TABLES[0] };
    let refused = place.database.migrate(vec![changed], Timestamp(2)).await;
    assert!(matches!(refused, Err(SqlError::MigrationChanged { context: "test", number: 1 })), "{refused:?}");
    let second = Migration { number: 2, sql: "CREATE TABLE others (id BIGINT)", tenant_tables: &[], ..TABLES[0] };
    place.database.migrate(vec![TABLES[0], second], Timestamp(2)).await.expect("a step further");
    let older = place.database.migrate(TABLES.to_vec(), Timestamp(3)).await;
    assert!(matches!(older, Err(SqlError::MigrationUnknown { context: "test", number: 2 })), "{older:?}");
}

async fn a_broken_step_leaves_nothing(place: Place) {
    let broken = Migration {
        number: 2,
        sql: "CREATE TABLE half (id BIGINT);\nCREATE TABEL typo",
        tenant_tables: &[],
        ..TABLES[0]
    };
    place.database.migrate(vec![TABLES[0], broken], Timestamp(1)).await.expect_err("refused");
    for table in ["half", "things", "migrations"] {
        let rows = place.database.all(sql::Sql::made(format!("SELECT count(*) FROM {table}")), args![]).await;
        assert!(rows.is_err(), "{table} is there");
    }
}
