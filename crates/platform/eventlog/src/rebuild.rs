//! A read model made anew from the first event, in tables beside the present ones, and switched to in one transaction.
//!
//! Readers see the old rows until the switch and the new ones after it. The last steps happen while nobody can append, so
//! that a read model which is written with the fact misses none.

use std::sync::Arc;

use futures::FutureExt;
use sql::{Dialect, Scope, Sql, Tx, args};

use crate::{
    EventLog, LogError, Projection, Recorded,
    load::number,
    projector::{lock_cursor, make_tables},
    read::{placed, sealed_between},
    sealer::unsealed,
};

/// Events that may be left for the switch, during which writers wait.
const CLOSE: u64 = 500;

impl EventLog {
    /// Makes it anew; gives the number of sealed events that it was made of.
    pub(crate) async fn rebuild(&self, projection: &Arc<dyn Projection>) -> Result<u64, LogError> {
        let suffix = self.begin(projection).await?;
        loop {
            // Once a round: under load there is always something more to seal.
            self.seal().await?;
            let taken = self.step(projection, &suffix).await?;
            let at = self.position(&format!("{}{suffix}", projection.name())).await?;
            if taken == 0 || self.head().await?.saturating_sub(at) <= CLOSE {
                break;
            }
        }
        self.switch(projection, suffix).await
    }

    async fn position(&self, cursor: &str) -> Result<u64, LogError> {
        let rows = self.database().all("SELECT position FROM cursors WHERE name = $1", args![cursor]).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.count(0))?)
    }

    /// Makes the shadow tables under a name that no rebuild had before; those of one that broke off are dropped.
    async fn begin(&self, projection: &Arc<dyn Projection>) -> Result<String, LogError> {
        let model = Arc::clone(projection);
        self.database()
            .write(Scope::System, move |tx| {
                async move {
                    let name = model.name();
                    tx.execute("UPDATE cursors SET rebuilds = rebuilds + 1 WHERE name = $1", args![name]).await?;
                    let row = tx.one("SELECT rebuilds FROM cursors WHERE name = $1", args![name]).await?;
                    let number = row.get::<i64>(0)?;
                    for table in model.tables() {
                        let old = format!("DROP TABLE IF EXISTS {}__r{}", table.name, number - 1);
                        tx.execute(Sql::made(old), args![]).await?;
                    }
                    tx.execute("DELETE FROM cursors WHERE name = $1", args![format!("{name}__r{}", number - 1)])
                        .await?;
                    let suffix = format!("__r{number}");
                    make_tables(tx, model.tables(), &suffix).await?;
                    let insert = "INSERT INTO cursors (name, version, position, rebuilds) VALUES ($1, $2, 0, 0)";
                    tx.execute(insert, args![format!("{name}{suffix}"), model.version()]).await?;
                    Ok(suffix)
                }
                .boxed()
            })
            .await
    }

    async fn switch(&self, projection: &Arc<dyn Projection>, suffix: String) -> Result<u64, LogError> {
        let (this, model) = (self.clone(), Arc::clone(projection));
        let inline = self.0.inline.iter().any(|each| each.name() == model.name());
        self.database()
            .write(Scope::System, move |tx| {
                async move {
                    if tx.dialect() == Dialect::Postgres {
                        // Writers wait here; who holds the lock on a row of events has committed or waits for nothing of ours.
                        tx.execute("LOCK TABLE events IN SHARE MODE", args![]).await?;
                    }
                    lock_cursor(tx, model.name()).await?;
                    let shadow = format!("{}{suffix}", model.name());
                    let from = lock_cursor(tx, &shadow).await?.unwrap_or(0);
                    let (last, rest) = rest(tx, from, inline).await?;
                    this.project_all(tx, (&*model, &suffix), &rest).await?;
                    for table in model.tables() {
                        tx.execute(Sql::made(format!("DROP TABLE {}", table.name)), args![]).await?;
                        let rename = format!("ALTER TABLE {}{suffix} RENAME TO {}", table.name, table.name);
                        tx.execute(Sql::made(rename), args![]).await?;
                    }
                    let update = "UPDATE cursors SET position = $2, version = $3, problem = NULL WHERE name = $1";
                    tx.execute(update, args![model.name(), number(last), model.version()]).await?;
                    tx.execute("DELETE FROM cursors WHERE name = $1", args![shadow]).await?;
                    Ok(last)
                }
                .boxed()
            })
            .await
    }
}

/// What the shadow has not seen: what was sealed since, and for a read model that is written with the fact also what is not
/// sealed yet. Gives the last position.
async fn rest(tx: &mut Tx, from: u64, inline: bool) -> Result<(u64, Vec<Recorded>), LogError> {
    let rows = tx.all(sealed_between(), args![number(from), i64::MAX]).await?;
    let mut rest = rows.iter().map(placed).collect::<Result<Vec<Recorded>, LogError>>()?;
    let last = rest.last().map_or(from, |event| event.position);
    if inline {
        rest.extend(unsealed(tx).await?);
    }
    Ok((last, rest))
}
