//! The sealer: gives committed events, in an order that every reader agrees on, a dense position and a link of the chain.
//!
//! PostgreSQL commits in another order than it numbers rows: `seq > last` skipped 15 to 17 % of events under concurrent writers. So events
//! are taken in windows of transaction ids that have all ended (below `pg_snapshot_xmin`), and within a window by `seq`. An
//! event that was stored after another was committed never comes before it: its `seq` is higher, and it cannot be in an
//! earlier window, for then its transaction would have ended while the other's still ran. SQLite has one writer, so `seq` is
//! the order of commits.
//!
//! One process seals at a time; any may, and each can take over at once.

use std::{collections::BTreeMap, time::Duration};

use futures::FutureExt;
use kernel::WorkspaceId;
use sql::{Dialect, Row, Scope, Sql, Tx, Value, args};

use crate::{
    EventLog, LogError, Recorded,
    adopt::{adopt, is_at_home},
    chain::{FIRST, link},
    load::number,
    record::COLUMNS,
};

/// Events that are sealed in one transaction at most.
const AT_ONCE: usize = 2_000;
/// How long other processes' events wait at most to be noticed.
const LOOK: Duration = Duration::from_millis(100);
/// Any number, the same in all versions: who has it seals.
const TRY_LOCK: &str = "SELECT pg_try_advisory_xact_lock(7166305117)";
/// The same, for whoever needs that nobody seals: it waits for the sealer, and a sealer does not wait for it.
pub(crate) const LOCK: &str = "SELECT pg_advisory_xact_lock(7166305117)";

/// Where the sealer stands: all of transactions below `low` is sealed, and of those below `high` what comes up to `seq`. On
/// SQLite only `seq` counts.
struct State {
    position: u64,
    low: i64,
    high: i64,
    seq: i64,
}

impl EventLog {
    /// Seals what is committed, some thousand events at most; gives how many. Nothing where another process is at it. The first
    /// after a restore into another cluster goes through the whole log.
    ///
    /// # Errors
    /// [`LogError`] of the database.
    pub async fn seal(&self) -> Result<usize, LogError> {
        let mut sealed = self.0.database.write(Scope::System, |tx| seal(tx).boxed()).await?;
        if sealed.is_none() {
            adopt(&self.0.database).await?;
            sealed = self.0.database.write(Scope::System, |tx| seal(tx).boxed()).await?;
        }
        let sealed = sealed.unwrap_or(0);
        if sealed > 0 {
            self.0.sealed.send_replace(());
        }
        Ok(sealed)
    }

    /// Seals until nothing is left that can be sealed now.
    ///
    /// # Errors
    /// [`LogError`] of the database.
    pub async fn seal_all(&self) -> Result<usize, LogError> {
        let mut all = 0;
        loop {
            match self.seal().await? {
                0 => return Ok(all),
                sealed => all += sealed,
            }
        }
    }

    /// Events that are committed and not sealed yet: those of the last moment, or those that a long transaction anywhere on the
    /// PostgreSQL server holds back.
    ///
    /// # Errors
    /// [`LogError`] of the database.
    pub async fn pending(&self) -> Result<u64, LogError> {
        let count = Sql::pair(
            "SELECT count(*) FROM events WHERE seq > (SELECT seq FROM sealer WHERE id = 1)",
            "SELECT count(*) FROM events e, sealer s WHERE s.id = 1 AND e.txid >= s.low
             AND (e.txid >= s.high OR e.seq > s.seq)",
        );
        let rows = self.database().all(count, args![]).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.count(0))?)
    }

    /// The same, of one kind of stream.
    pub(crate) async fn pending_of(&self, category: &str) -> Result<u64, LogError> {
        let count = Sql::pair(
            "SELECT count(*) FROM events WHERE stream LIKE $1 AND seq > (SELECT seq FROM sealer WHERE id = 1)",
            "SELECT count(*) FROM events e, sealer s WHERE e.stream LIKE $1 AND s.id = 1 AND e.txid >= s.low
             AND (e.txid >= s.high OR e.seq > s.seq)",
        );
        let rows = self.database().all(count, args![format!("{category}.%")]).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.count(0))?)
    }

    /// Seals for ever: after each commit of this process, and at least every 100 ms. A database that does not answer is asked again.
    pub async fn keep_sealing(&self) {
        loop {
            let appended = self.appended();
            match self.seal().await {
                Ok(0) => {
                    // A timeout is a look at what other processes have written.
                    let _ = tokio::time::timeout(LOOK, appended).await;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = %error, "could not seal events, will try again: {error}");
                    tokio::time::sleep(LOOK * 10).await;
                }
            }
        }
    }
}

/// Nothing was done and `None` is given where the log comes out of another cluster.
async fn seal(tx: &mut Tx) -> Result<Option<usize>, LogError> {
    if tx.dialect() == Dialect::Postgres {
        if !tx.one(TRY_LOCK, args![]).await?.get::<bool>(0)? {
            return Ok(Some(0));
        }
        if !is_at_home(tx).await? {
            return Ok(None);
        }
    }
    let row = tx.one("SELECT position, low, high, seq FROM sealer WHERE id = 1", args![]).await?;
    let mut state = State { position: row.count(0)?, low: row.get(1)?, high: row.get(2)?, seq: row.get(3)? };
    let mut events = Vec::new();
    if state.low != state.high {
        events = next(tx, &state).await?;
    }
    if events.is_empty() {
        open_window(tx, &mut state).await?;
        events = next(tx, &state).await?;
    }
    if events.is_empty() {
        // Nothing to write: the next look begins where this one did.
        return Ok(Some(0));
    }
    write_links(tx, &mut state, &events).await?;
    if events.len() < AT_ONCE {
        state.low = state.high;
    }
    let update = "UPDATE sealer SET position = $1, low = $2, high = $3, seq = $4 WHERE id = 1";
    tx.execute(update, args![number(state.position), state.low, state.high, state.seq]).await?;
    Ok(Some(events.len()))
}

/// The transactions that have ended since the last window.
async fn open_window(tx: &mut Tx, state: &mut State) -> Result<(), LogError> {
    if tx.dialect() == Dialect::Postgres {
        let row = tx.one("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint", args![]).await?;
        (state.low, state.high, state.seq) = (state.high, row.get(0)?, 0);
    }
    Ok(())
}

async fn next(tx: &mut Tx, state: &State) -> Result<Vec<(i64, Recorded)>, LogError> {
    static TEXT: std::sync::OnceLock<Sql> = std::sync::OnceLock::new();
    let at_once = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let rows = match tx.dialect() {
        Dialect::Sqlite => {
            let text = format!("SELECT e.seq, {COLUMNS} FROM events e WHERE e.seq > $1 ORDER BY e.seq LIMIT $2");
            tx.all(TEXT.get_or_init(|| Sql::made(text)), args![state.seq, at_once]).await?
        }
        Dialect::Postgres => {
            static TEXT: std::sync::OnceLock<Sql> = std::sync::OnceLock::new();
            let text = format!(
                "SELECT e.seq, {COLUMNS} FROM events e WHERE e.txid >= $1 AND e.txid < $2 AND e.seq > $3 ORDER BY e.seq LIMIT $4"
            );
            tx.all(TEXT.get_or_init(|| Sql::made(text)), args![state.low, state.high, state.seq, at_once]).await?
        }
    };
    rows.iter().map(|row| Ok((row.get(0)?, Recorded::read(row, 1, 0)?))).collect()
}

async fn write_links(tx: &mut Tx, state: &mut State, events: &[(i64, Recorded)]) -> Result<(), LogError> {
    let mut heads = heads(tx, events).await?;
    let mut rows = Vec::with_capacity(events.len());
    for (seq, event) in events {
        let (count, hash) = heads.entry(event.workspace).or_insert((0, FIRST.to_vec()));
        *count += 1;
        *hash = link(hash, *count, event).to_vec();
        state.position += 1;
        state.seq = *seq;
        rows.push(args![number(state.position), *seq, event.workspace.0, number(*count), hash.clone()]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    tx.insert_many(("sealed", &["position", "seq", "workspace_id", "number", "hash"]), rows, "").await?;
    let rows: Vec<Vec<Value>> =
        heads.into_iter().map(|(workspace, (count, hash))| args![workspace.0, number(count), hash]).collect();
    let upsert = "ON CONFLICT (workspace_id) DO UPDATE SET number = excluded.number, hash = excluded.hash";
    tx.insert_many(("chains", &["workspace_id", "number", "hash"]), rows, upsert).await?;
    Ok(())
}

/// The ends of the chains that these events go on.
async fn heads(tx: &mut Tx, events: &[(i64, Recorded)]) -> Result<BTreeMap<WorkspaceId, (u64, Vec<u8>)>, LogError> {
    let mut heads: BTreeMap<WorkspaceId, (u64, Vec<u8>)> = BTreeMap::new();
    let mut missing: Vec<WorkspaceId> = events.iter().map(|(_, event)| event.workspace).collect();
    missing.sort();
    missing.dedup();
    for workspace in missing {
        let select = "SELECT number, hash FROM chains WHERE workspace_id = $1";
        if let Some(row) = tx.optional(select, args![workspace.0]).await? {
            heads.insert(workspace, (row.count(0)?, row.get::<Vec<u8>>(1)?));
        }
    }
    Ok(heads)
}

/// Events that are stored and not sealed yet, in their order. To be asked while nobody can append.
pub(crate) async fn unsealed(tx: &mut Tx) -> Result<Vec<Recorded>, LogError> {
    let rows: Vec<Row> = match tx.dialect() {
        Dialect::Sqlite => {
            let text = format!(
                "SELECT {COLUMNS} FROM events e WHERE e.seq > (SELECT seq FROM sealer WHERE id = 1) ORDER BY e.seq"
            );
            tx.all(Sql::made(text), args![]).await?
        }
        Dialect::Postgres => {
            let text = format!(
                "SELECT {COLUMNS} FROM events e, sealer s WHERE s.id = 1 AND e.txid >= s.low
                 AND (e.txid >= s.high OR e.seq > s.seq) ORDER BY e.seq"
            );
            tx.all(Sql::made(text), args![]).await?
        }
    };
    rows.iter().map(|row| Recorded::read(row, 0, 0).map_err(LogError::from)).collect()
}
