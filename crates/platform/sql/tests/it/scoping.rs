//! One workspace never sees another's rows, by construction and by the database.

use kernel::WorkspaceId;
use sql::{Scope, Sql, SqlError, args};
use testkit::{Place, on_both};
use uuid::Uuid;

use crate::prepared;

on_both!(rows_of_others_are_out_of_reach, a_statement_that_forgets_its_workspace_is_refused);

const INSERT: &str = "INSERT INTO things (workspace_id, id, name) VALUES ($1, $2, $3)";

async fn rows_of_others_are_out_of_reach(place: Place) {
    let place = prepared(place).await;
    let (mine, theirs) = (WorkspaceId::new(), WorkspaceId::new());
    for workspace in [mine, theirs] {
        let stored: Result<u64, SqlError> = place
            .database
            .tenant(workspace)
            .write(move |tx| Box::pin(tx.execute(INSERT, args![Uuid::from_u128(1), workspace.to_string()])))
            .await;
        assert_eq!(stored.expect("stored"), 1);
    }
    let select = "SELECT name FROM things WHERE workspace_id = $1";
    for workspace in [mine, theirs] {
        let rows = place.database.tenant(workspace).all(select, args![]).await.expect("read");
        let names: Vec<String> = rows.iter().map(|row| row.get(0).expect("as stored")).collect();
        assert_eq!(names, [workspace.to_string()]);
    }
    assert_eq!(place.database.all("SELECT name FROM things", args![]).await.expect("read").len(), 2);
}

async fn a_statement_that_forgets_its_workspace_is_refused(place: Place) {
    let place = prepared(place).await;
    let tenant = place.database.tenant(WorkspaceId::new());
    for sql in ["SELECT name FROM things", "SELECT name FROM things WHERE id = $1", "SELECT workspace_id FROM things"] {
        let refused = tenant.all(sql, args![]).await;
        assert!(matches!(refused, Err(SqlError::Unscoped { .. })), "{sql}");
    }
}

/// Row-level security, seen by statements that mention the workspace and yet ask for everybody's rows.
#[tokio::test]
async fn postgresql_guards_rows_by_itself() {
    let Some(place) = testkit::postgres().await else { return };
    let place = prepared(place).await;
    let (mine, theirs) = (WorkspaceId::new(), WorkspaceId::new());
    let stored: Result<u64, SqlError> = place
        .database
        .tenant(theirs)
        .write(move |tx| Box::pin(tx.execute(INSERT, args![Uuid::from_u128(1), "theirs"])))
        .await;
    assert_eq!(stored.expect("stored"), 1);
    let tenant = place.database.tenant(mine);
    let all = "SELECT name FROM things WHERE workspace_id = $1 OR true";
    assert_eq!(tenant.all(all, args![]).await.expect("read").len(), 0);
    let delete = "DELETE FROM things WHERE workspace_id <> $1";
    let deleted: Result<u64, SqlError> = tenant.write(move |tx| Box::pin(tx.execute(delete, args![]))).await;
    assert_eq!(deleted.expect("nothing seen"), 0);
    let smuggle = Sql::made(format!(
        "INSERT INTO things (workspace_id, id, name) VALUES ('{theirs}', $2, coalesce($1::text, ''))"
    ));
    let smuggled: Result<u64, SqlError> =
        tenant.write(move |tx| Box::pin(tx.execute(smuggle, args![Uuid::from_u128(2)]))).await;
    assert!(smuggled.is_err(), "{smuggled:?}");
    assert_eq!(place.database.all("SELECT name FROM things", args![]).await.expect("read").len(), 1);
    // The test would prove nothing with a role that is above all guards.
    let rows =
        place.database.all("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user", args![]);
    assert!(!rows.await.expect("read")[0].get::<bool>(0).expect("as stored"));
    let _: Result<(), SqlError> = place
        .database
        .write(Scope::System, |tx| Box::pin(async move { tx.execute("DELETE FROM things", args![]).await.map(|_| ()) }))
        .await;
}
