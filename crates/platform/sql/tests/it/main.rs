//! Both databases, through the front door.

mod cancelling;
mod ending;
mod keeping;
mod migrating;
mod reading;
mod scoping;
mod vanishing;
mod writing;

use kernel::Timestamp;
use sql::{Migration, SqlError, Tx, args};
use testkit::Place;

const TABLES: &[Migration] = &[Migration {
    context: "test",
    number: 1,
    sql: "CREATE TABLE things (workspace_id UUID NOT NULL, id UUID NOT NULL, name TEXT, size BIGINT, share DOUBLE PRECISION, body BYTEA,
            PRIMARY KEY (workspace_id, id));
          CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)",
    postgres: "",
    tenant_tables: &["things"],
}];

async fn prepared(place: Place) -> Place {
    place.database.migrate(TABLES.to_vec(), Timestamp(0)).await.expect("migrated");
    place
}

/// Adds one to a counter by reading it first: what a lost update would show.
async fn count_up(tx: &mut Tx, name: &'static str) -> Result<i64, SqlError> {
    let lock = sql::Sql::pair(
        "SELECT value FROM counters WHERE name = $1",
        "SELECT value FROM counters WHERE name = $1 FOR UPDATE",
    );
    let value = tx.one(lock, args![name]).await?.get::<i64>(0)? + 1;
    tx.execute("UPDATE counters SET value = $2 WHERE name = $1", args![name, value]).await?;
    Ok(value)
}

async fn counter(place: &Place, name: &'static str) -> i64 {
    let rows = place.database.all("SELECT value FROM counters WHERE name = $1", args![name]).await.expect("read");
    rows[0].get(0).expect("a number")
}

async fn new_counter(place: &Place, name: &'static str) {
    let made: Result<u64, SqlError> = place
        .database
        .write(sql::Scope::System, move |tx| {
            Box::pin(tx.execute("INSERT INTO counters (name, value) VALUES ($1, 0)", args![name]))
        })
        .await;
    made.expect("made");
}
