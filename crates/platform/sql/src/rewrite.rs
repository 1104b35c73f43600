//! Rewrites tables of PostgreSQL, so that nothing of what was deleted is left in their files.
//!
//! VACUUM FULL copies what somebody may still see. A deleted row stays, without a word, while a snapshot of this database is
//! older than its deletion (one of autovacuum will do), while any transaction of the server is (each new snapshot looks back to
//! the oldest of them), or while a replica or a replication slot holds on to it. So nothing is rewritten before all of them have
//! moved on.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tokio::time::{Instant, sleep};

use crate::{
    SqlError,
    postgres::{GRACE, answered},
    tx::raw_postgres,
};

/// How long one table may take.
const TABLE: Duration = Duration::from_hours(6);
/// How long to wait for the lock of a table, while all who come later wait behind.
const LOCK: Duration = Duration::from_secs(10);
/// How long to wait before it is asked again who still sees deleted rows.
const LOOK: Duration = Duration::from_millis(50);

/// A new type, even the same one, drops what the planner has noted of a column's values, and of indexes on it. Not that of
/// the workspace, which a policy names.
const FORGET_VALUES: &str = "DO $$ BEGIN EXECUTE (
    SELECT 'ALTER TABLE {table} ' || string_agg(format('ALTER COLUMN %I TYPE %s%s', attname, format_type(atttypid, atttypmod),
        CASE WHEN attcollation = 0 THEN '' ELSE ' COLLATE ' || attcollation::regcollation END), ', ')
    FROM pg_attribute
    WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'workspace_id'
); END $$";

/// The first transaction id that was not given yet, or that has not ended: what has been deleted was deleted before.
const PRESENT: &str = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text";

/// Who sees rows that were deleted before `$1`. A process without a database sends the log to a replica; a VACUUM that is not
/// full looks at nobody's rows.
const WHO_SEES: &str = "
    SELECT who FROM (
        SELECT 'process ' || pid AS who, backend_xmin AS sees FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND (datid IS NULL OR datname = current_database())
            AND pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum)
        UNION ALL SELECT 'replication slot ' || slot_name, xmin FROM pg_replication_slots
        UNION ALL SELECT 'replication slot ' || slot_name, catalog_xmin FROM pg_replication_slots
    ) AS holders WHERE age(sees) > age($1::text::xid8::xid)
    UNION ALL SELECT 'a transaction of the server'
    WHERE pg_snapshot_xmin(pg_current_snapshot()) < $1::text::xid8";

/// Rewrites these tables, and what the planner had noted of their values (`pg_statistic`): ANALYZE alone keeps the notes of a
/// table that is empty now. It waits so long (`patience`) for those who see what was deleted. Takes a connection of nobody
/// else, which ends with it: its limits are others, and one that is given up in the middle must not serve anybody.
pub(crate) async fn rewrite(mut connection: PgConnection, tables: &[&str], patience: Duration) -> Result<(), SqlError> {
    let limits = format!("SET statement_timeout = {}; SET lock_timeout = {}", TABLE.as_millis(), LOCK.as_millis());
    run(limits, &mut connection).await?;
    unseen(&mut connection, patience).await?;
    for table in tables {
        run(FORGET_VALUES.replace("{table}", table), &mut connection).await?;
        run(format!("VACUUM (FULL, ANALYZE) {table}"), &mut connection).await?;
    }
    // The notes were deleted only now.
    unseen(&mut connection, patience).await?;
    run("VACUUM FULL pg_statistic".to_owned(), &mut connection).await?;
    // All is done; the server takes note of a connection that is only dropped, too.
    let _ = connection.close().await;
    Ok(())
}

async fn run(statement: String, connection: &mut PgConnection) -> Result<(), SqlError> {
    Ok(answered(TABLE + GRACE, raw_postgres(statement, connection)).await?)
}

/// Waits until nobody sees what was deleted before now; [`SqlError::Busy`] when that takes too long.
async fn unseen(connection: &mut PgConnection, patience: Duration) -> Result<(), SqlError> {
    let present: String = answered(patience + GRACE, sqlx::query_scalar(PRESENT).fetch_one(&mut *connection)).await?;
    let until = Instant::now() + patience;
    loop {
        let asked = sqlx::query_scalar(WHO_SEES).bind(&present).fetch_all(&mut *connection);
        let who: Vec<String> = answered(patience + GRACE, asked).await?;
        if who.is_empty() {
            return Ok(());
        }
        if Instant::now() >= until {
            let who = who.join(", ");
            tracing::warn!(%who, "deleted rows stay for now, because they are still seen by {who}");
            return Err(SqlError::Busy);
        }
        sleep(LOOK).await;
    }
}
