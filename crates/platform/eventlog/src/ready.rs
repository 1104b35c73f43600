//! The tables of a read model: made when it is new, made anew when its version is another or somebody asks for it.
//!
//! One process at a time makes them anew, and the others wait. Who is at it is known by its shadow cursor: while that moves,
//! its owner lives. Each moves it by transactions that hold it, so a cursor that nobody holds and that stands still for
//! `PATIENCE` belongs to a process that died, and is taken away. Should its owner live after all, it finds its cursor
//! missing and ends: patience is politeness, the cursor is what keeps two from writing.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::FutureExt;
use sql::{Dialect, Scope, Sql, Tx, args};

use crate::{EventLog, LogError, Projection, projector::make_tables, rebuild::drop_shadow};

/// How long a shadow may stand still that nobody holds.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait for another process at most, however well it goes on.
const WAIT: Duration = Duration::from_mins(10);
/// How often to look.
const LOOK: Duration = Duration::from_millis(100);
/// The version of a read model that lacks the events from before it was there. Those of the product count from 1.
const LACKS_THE_PAST: u32 = 0;

/// When a read model needs not be made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// When it has this version.
    Version,
    /// Never: it is made of all events once more.
    Anew,
}

/// Where a read model stands.
#[derive(Debug, Clone, Copy)]
struct Standing {
    version: i64,
    /// How often it was begun anew.
    rebuilds: i64,
    /// The position of the shadow that is made, if any.
    shadow: Option<u64>,
}

impl EventLog {
    pub(crate) async fn make_ready(&self, projection: &Arc<dyn Projection>) -> Result<(), LogError> {
        self.introduce(projection).await?;
        let begun = Instant::now();
        loop {
            match self.rebuild(projection, Wanted::Version).await {
                // Another process took it over; it may also die.
                Err(LogError::Superseded { .. }) if begun.elapsed() < WAIT => {}
                done => return done.map(|_| ()),
            }
        }
    }

    /// Makes the cursor and the tables of a read model that is new. To a log that is not it lacks the past until it was made
    /// anew, also where that breaks off.
    async fn introduce(&self, projection: &Arc<dyn Projection>) -> Result<(), LogError> {
        let (name, version, tables) = (projection.name(), projection.version(), projection.tables());
        self.database()
            .write(Scope::System, move |tx| {
                async move {
                    let insert = "INSERT INTO cursors (name, version, position, rebuilds) VALUES ($1, $2, 0, 0) ON CONFLICT DO NOTHING";
                    if tx.execute(insert, args![name, LACKS_THE_PAST]).await? == 0 {
                        return Ok(());
                    }
                    make_tables(tx, tables, "").await?;
                    if is_empty(tx).await? {
                        tx.execute("UPDATE cursors SET version = $2 WHERE name = $1", args![name, version]).await?;
                    }
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Begins a shadow when nobody else is at it, and gives what follows the names of its tables; `None` where what is wanted
    /// is there, made by another process.
    pub(crate) async fn turn(
        &self,
        projection: &Arc<dyn Projection>,
        wanted: Wanted,
    ) -> Result<Option<String>, LogError> {
        let begun = Instant::now();
        let (mut seen, mut since) = (None, begun);
        loop {
            let found = self.standing(projection.name()).await?;
            if wanted == Wanted::Version && found.version == i64::from(projection.version()) {
                return Ok(None);
            }
            let beat = found.shadow.map(|position| (found.rebuilds, position));
            if beat != seen {
                (seen, since) = (beat, Instant::now());
            }
            if (beat.is_none() || since.elapsed() >= PATIENCE)
                && let Some(suffix) = self.begin(projection, found).await?
            {
                return Ok(Some(suffix));
            }
            if begun.elapsed() >= WAIT {
                return Err(LogError::Superseded { name: projection.name().to_owned() });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn standing(&self, name: &'static str) -> Result<Standing, LogError> {
        let select = "SELECT c.version, c.rebuilds, s.position FROM cursors c
             LEFT JOIN cursors s ON s.name = c.name || '__r' || c.rebuilds WHERE c.name = $1";
        let rows = self.database().all(select, args![name]).await?;
        let row = rows.first().ok_or_else(|| LogError::UnknownProjection { name: name.to_owned() })?;
        let shadow = row.get::<Option<i64>>(2)?.map(i64::unsigned_abs);
        Ok(Standing { version: row.get(0)?, rebuilds: row.get(1)?, shadow })
    }

    /// Makes the shadow tables under a name that no rebuild had before, and drops those of one that broke off; `None` where
    /// the read model stands no longer as it was found, or somebody holds its shadow.
    async fn begin(&self, projection: &Arc<dyn Projection>, found: Standing) -> Result<Option<String>, LogError> {
        let model = Arc::clone(projection);
        self.database()
            .write(Scope::System, move |tx| {
                async move {
                    let name = model.name();
                    let old = format!("__r{}", found.rebuilds);
                    // The shadow first, as in the switch, so that neither waits for the other.
                    if found.shadow.is_some() && free(tx, &format!("{name}{old}")).await? != found.shadow {
                        return Ok(None);
                    }
                    let update = "UPDATE cursors SET rebuilds = rebuilds + 1 WHERE name = $1 AND rebuilds = $2";
                    if tx.execute(update, args![name, found.rebuilds]).await? == 0 {
                        return Ok(None);
                    }
                    drop_shadow(tx, &*model, &old).await?;
                    let suffix = format!("__r{}", found.rebuilds + 1);
                    make_tables(tx, model.tables(), &suffix).await?;
                    let insert = "INSERT INTO cursors (name, version, position, rebuilds) VALUES ($1, $2, 0, 0)";
                    tx.execute(insert, args![format!("{name}{suffix}"), model.version()]).await?;
                    Ok(Some(suffix))
                }
                .boxed()
            })
            .await
    }
}

/// The position of a cursor that nobody holds, which then is ours.
async fn free(tx: &mut Tx, name: &str) -> Result<Option<u64>, LogError> {
    let select = Sql::pair(
        "SELECT position FROM cursors WHERE name = $1",
        "SELECT position FROM cursors WHERE name = $1 FOR UPDATE SKIP LOCKED",
    );
    let row = tx.optional(select, args![name]).await?;
    Ok(row.map(|row| row.count(0)).transpose()?)
}

/// Whether nothing was ever stored; nothing is then until the end of the transaction.
async fn is_empty(tx: &mut Tx) -> Result<bool, LogError> {
    let look = "SELECT 1 FROM events LIMIT 1";
    if tx.optional(look, args![]).await?.is_some() {
        return Ok(false);
    }
    if tx.dialect() == Dialect::Postgres {
        // Who has stored without having committed is waited for.
        tx.execute("LOCK TABLE events IN SHARE MODE", args![]).await?;
    }
    Ok(tx.optional(look, args![]).await?.is_none())
}
