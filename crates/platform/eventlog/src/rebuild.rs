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
    projector::{Step, lock_cursor},
    read::sealed_between,
    ready::Wanted,
    sealer::{LOCK, unsealed},
};

/// Events that may be left for the switch, during which writers wait.
const CLOSE: u64 = 500;

impl EventLog {
    /// Makes it anew, unless it is as wanted; gives the number of sealed events that it was made of.
    pub(crate) async fn rebuild(&self, projection: &Arc<dyn Projection>, wanted: Wanted) -> Result<u64, LogError> {
        let Some(suffix) = self.turn(projection, wanted).await? else { return Ok(0) };
        let made = self.make(projection, &suffix).await;
        if made.is_err() {
            self.abandon(projection, suffix).await;
        }
        made
    }

    async fn make(&self, projection: &Arc<dyn Projection>, suffix: &str) -> Result<u64, LogError> {
        loop {
            // Once a round: under load there is always something more to seal.
            self.seal().await?;
            match self.step(projection, suffix).await? {
                Step::Taken(_) => {}
                Step::UpToDate => break,
                Step::Moved | Step::Missing => return Err(superseded(&**projection)),
            }
            let at = self.position(&format!("{}{suffix}", projection.name())).await?;
            if self.head().await?.saturating_sub(at) <= CLOSE {
                break;
            }
        }
        self.switch(projection, suffix.to_owned()).await
    }

    async fn position(&self, cursor: &str) -> Result<u64, LogError> {
        let rows = self.database().all("SELECT position FROM cursors WHERE name = $1", args![cursor]).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.count(0))?)
    }

    /// Leaves nothing of a shadow that is still ours, so that the next process need not wait for us.
    async fn abandon(&self, projection: &Arc<dyn Projection>, suffix: String) {
        let model = Arc::clone(projection);
        let dropped: Result<(), LogError> = self
            .database()
            .write(Scope::System, move |tx| {
                async move {
                    match lock_cursor(tx, &format!("{}{suffix}", model.name())).await? {
                        Some(_) => drop_shadow(tx, &*model, &suffix).await,
                        None => Ok(()),
                    }
                }
                .boxed()
            })
            .await;
        if let Err(error) = dropped {
            // Whoever begins anew drops it.
            tracing::debug!(error = %error, "could not drop the shadow of a read model");
        }
    }

    async fn switch(&self, projection: &Arc<dyn Projection>, suffix: String) -> Result<u64, LogError> {
        let (this, model) = (self.clone(), Arc::clone(projection));
        let inline = self.0.inline.iter().any(|each| each.name() == model.name());
        self.database()
            .write(Scope::System, move |tx| {
                async move {
                    let shadow = format!("{}{suffix}", model.name());
                    // First of all: whoever waits for us sees by it that we live.
                    let Some(from) = lock_cursor(tx, &shadow).await? else { return Err(superseded(&*model)) };
                    lock_cursor(tx, model.name()).await?;
                    if tx.dialect() == Dialect::Postgres {
                        // Nobody seals between the two looks of `rest`; a sealer does not wait, so it comes before the log.
                        tx.execute(LOCK, args![]).await?;
                        // Writers wait here; who holds the lock on a row of events has committed or waits for nothing of ours.
                        tx.execute("LOCK TABLE events IN SHARE MODE", args![]).await?;
                    }
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

fn superseded(projection: &dyn Projection) -> LogError {
    LogError::Superseded { name: projection.name().to_owned() }
}

/// Drops the tables and the cursor of a shadow.
pub(crate) async fn drop_shadow(tx: &mut Tx, projection: &dyn Projection, suffix: &str) -> Result<(), LogError> {
    for table in projection.tables() {
        tx.execute(Sql::made(format!("DROP TABLE IF EXISTS {}{suffix}", table.name)), args![]).await?;
    }
    let cursor = format!("{}{suffix}", projection.name());
    tx.execute("DELETE FROM cursors WHERE name = $1", args![cursor]).await?;
    Ok(())
}

/// What the shadow has not seen: what was sealed since, and for a read model that is written with the fact also what is not
/// sealed yet. Gives the last position.
async fn rest(tx: &mut Tx, from: u64, inline: bool) -> Result<(u64, Vec<Recorded>), LogError> {
    let mut rest = sealed_between(tx, from, i64::MAX).await?;
    let last = rest.last().map_or(from, |event| event.position);
    if inline {
        rest.extend(unsealed(tx).await?);
    }
    Ok((last, rest))
}
