//! Workers take jobs: those of the first priority that are due the longest, as many as each kind allows.

use std::{collections::HashMap, fmt::Write as _, sync::Arc, time::Duration};

use cache::{Limit, gcra};
use eventlog::Cause;
use futures::FutureExt;
use kernel::{Timestamp, typed_id};
use serde::Serialize;
use sql::{Dialect, Row, Scope, Sql, SqlError, Tx, Value, args};
use uuid::Uuid;

use crate::{
    BatchId, JobError, Jobs, Priority,
    ending::{Lease, json},
    job,
};

typed_id!(
    /// One worker, for as long as it holds its lease.
    WorkerId
);

/// How many jobs of a kind a worker has room for.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Room {
    pub(crate) kind: &'static str,
    pub(crate) most: u32,
    #[serde(skip)]
    pub(crate) rate: Option<Limit>,
}

/// A job with all that an attempt needs.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) lease: Lease,
    pub(crate) kind: String,
    pub(crate) args: Vec<u8>,
    /// Attempts that count, this one included.
    pub(crate) attempt: u64,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) priority: Priority,
    pub(crate) run_at: Timestamp,
    pub(crate) batch: Option<BatchId>,
    pub(crate) cause: Cause,
    pub(crate) checkpoint: Option<Vec<u8>>,
    pub(crate) log: Vec<String>,
}

pub(crate) const RETURNING: &str = "RETURNING jobs.workspace_id, jobs.id, jobs.kind, jobs.args, jobs.attempt, jobs.uncounted, jobs.max_attempts, \
     jobs.priority, jobs.run_at, jobs.batch, jobs.correlation_id, jobs.causation_id, jobs.traceparent, jobs.checkpoint, jobs.log";

/// First which kinds and priorities, unlocked and from the index alone; then exactly so many rows, passing over those that
/// another worker is just taking. $1 now, $2 the worker, $3 jobs in all, $4 the room of each kind.
const ON_POSTGRES: &str = "WITH wanted AS (
     SELECT kind, priority, count(*) AS most FROM (
         SELECT * FROM (
             SELECT room.kind, room.most, level.priority, due.run_at,
                 row_number() OVER (PARTITION BY room.kind ORDER BY level.priority, due.run_at) AS nth
             FROM json_to_recordset($4::json) AS room(kind text, most bigint)
             CROSS JOIN generate_series(1::bigint, 4) AS level(priority)
             CROSS JOIN LATERAL (
                 SELECT run_at FROM jobs WHERE state IN ('queued', 'failed') AND kind = room.kind AND priority = level.priority
                     AND run_at <= $1 ORDER BY run_at, id LIMIT room.most) AS due
             WHERE room.kind NOT IN (SELECT kind FROM job_pauses)) AS numbered
         WHERE nth <= most ORDER BY priority, run_at LIMIT $3) AS chosen
     GROUP BY kind, priority),
 taken AS MATERIALIZED (
     SELECT due.workspace_id, due.id FROM wanted CROSS JOIN LATERAL (
         SELECT workspace_id, id FROM jobs WHERE state IN ('queued', 'failed') AND kind = wanted.kind
             AND priority = wanted.priority AND run_at <= $1 ORDER BY run_at, id LIMIT wanted.most
         FOR UPDATE SKIP LOCKED) AS due)
 UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = $2, started_at = $1
 FROM taken WHERE jobs.workspace_id = taken.workspace_id AND jobs.id = taken.id ";

impl Jobs {
    /// Takes at most `most` jobs. The second is how long a kind's rate makes the next one wait.
    pub(crate) async fn claim(
        &self,
        worker: WorkerId,
        rooms: Arc<[Room]>,
        most: u32,
    ) -> Result<(Vec<Claimed>, Option<Duration>), JobError> {
        let now = self.now();
        self.database()
            .write(Scope::System, move |tx| async move { claim_in(tx, worker, (&rooms, most), now).await }.boxed())
            .await
    }
}

pub(crate) async fn claim_in(
    tx: &mut Tx,
    worker: WorkerId,
    (rooms, most): (&[Room], u32),
    now: Timestamp,
) -> Result<(Vec<Claimed>, Option<Duration>), JobError> {
    let mut rooms = rooms.to_vec();
    let (buckets, wait) = narrow(tx, &mut rooms, now).await?;
    if most == 0 || rooms.iter().all(|room| room.most == 0) {
        return Ok((Vec::new(), wait));
    }
    let rows = match tx.dialect() {
        Dialect::Postgres => {
            let text = Sql::made(format!("{ON_POSTGRES}{RETURNING}"));
            tx.all(text, args![now, worker.0, most, json(&rooms)]).await?
        }
        Dialect::Sqlite => {
            let mut values = args![now, worker.0, most];
            values.extend(rooms.iter().flat_map(|room| [Value::from(room.kind), Value::from(room.most)]));
            tx.all(Sql::made(on_sqlite(rooms.len())), values).await?
        }
    };
    let mut claimed = rows.iter().map(read).collect::<Result<Vec<_>, SqlError>>()?;
    claimed.sort_by_key(|job| (job.priority, job.run_at));
    spend(tx, &buckets, (&rooms, &claimed), now).await?;
    Ok((claimed, wait))
}

/// SQLite has one writer and so nothing to lock, and no LATERAL: one look into the index for each kind and priority.
pub(crate) fn on_sqlite(kinds: usize) -> String {
    let mut looks = String::new();
    for at in 0..kinds {
        let (kind, most) = (at * 2 + 4, at * 2 + 5);
        for priority in Priority::ALL {
            let divide = if looks.is_empty() { "" } else { " UNION ALL " };
            let _ = write!(
                looks,
                "{divide}SELECT * FROM (SELECT rowid AS place, kind, priority, run_at, ${most} AS most FROM jobs
                   WHERE state IN ('queued', 'failed') AND kind = ${kind} AND priority = {} AND run_at <= $1
                   ORDER BY run_at, id LIMIT ${most})",
                priority.number()
            );
        }
    }
    format!(
        "UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = $2, started_at = $1 WHERE rowid IN (
           SELECT place FROM (
             SELECT place, priority, run_at, most, row_number() OVER (PARTITION BY kind ORDER BY priority, run_at) AS nth
             FROM ({looks}) WHERE kind NOT IN (SELECT kind FROM job_pauses))
           WHERE nth <= most ORDER BY priority, run_at LIMIT $3) {RETURNING}"
    )
}

/// Makes the room of kinds with a rate as small as their buckets. A bucket stays ours until the end of the transaction, so
/// that all workers share one rate.
async fn narrow(
    tx: &mut Tx,
    rooms: &mut [Room],
    now: Timestamp,
) -> Result<(HashMap<&'static str, Option<Timestamp>>, Option<Duration>), JobError> {
    let (mut buckets, mut wait) = (HashMap::new(), None);
    let lock = Sql::pair(
        "SELECT full_at FROM job_rates WHERE kind = $1",
        "SELECT full_at FROM job_rates WHERE kind = $1 FOR UPDATE",
    );
    let fill = "INSERT INTO job_rates (kind, full_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    // Kinds come in one order in every worker: nobody waits in a circle.
    for room in rooms.iter_mut() {
        let Some(limit) = room.rate else { continue };
        tx.execute(fill, args![room.kind, now]).await?;
        let full_at: Option<Timestamp> =
            tx.optional(&lock, args![room.kind]).await?.map(|row| row.get(0)).transpose()?;
        let decision = gcra(full_at, now, limit, 0).decision;
        if decision.remaining == 0 {
            let next = gcra(full_at, now, limit, 1).decision.retry_after;
            wait = [wait, next].into_iter().flatten().min();
        }
        room.most = room.most.min(decision.remaining);
        buckets.insert(room.kind, full_at);
    }
    Ok((buckets, wait))
}

/// Takes a token for each job of a kind with a rate.
async fn spend(
    tx: &mut Tx,
    buckets: &HashMap<&'static str, Option<Timestamp>>,
    (rooms, claimed): (&[Room], &[Claimed]),
    now: Timestamp,
) -> Result<(), JobError> {
    for room in rooms {
        let (Some(limit), Some(full_at)) = (room.rate, buckets.get(room.kind)) else { continue };
        let count = claimed.iter().filter(|job| job.kind == room.kind).count();
        if count > 0 {
            let outcome = gcra(*full_at, now, limit, u32::try_from(count).unwrap_or(u32::MAX));
            let update = "UPDATE job_rates SET full_at = $2 WHERE kind = $1";
            tx.execute(update, args![room.kind, outcome.full_at]).await?;
        }
    }
    Ok(())
}

pub(crate) fn read(row: &Row) -> Result<Claimed, SqlError> {
    let token = row.count(4)?;
    Ok(Claimed {
        lease: Lease { workspace: row.id(0)?, id: row.id(1)?, token },
        kind: row.get(2)?,
        args: row.get(3)?,
        attempt: token.saturating_sub(row.count(5)?),
        max_attempts: row.get::<Option<i64>>(6)?.and_then(|most| u32::try_from(most).ok()),
        priority: Priority::of(row.get(7)?),
        run_at: row.get(8)?,
        batch: row.get::<Option<Uuid>>(9)?.map(BatchId),
        cause: job::cause(row, 10)?,
        checkpoint: row.get(13)?,
        log: job::lines(row.get(14)?),
    })
}
