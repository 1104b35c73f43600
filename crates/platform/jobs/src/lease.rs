//! Leases: one heartbeat for all jobs of a worker, and the rescue of those whose worker is gone.
//!
//! A job is leased by its worker for as long as that worker's row says. A beat costs one row, however many jobs run. What
//! protects a job from two workers is not the time but its token: every write names the attempt it is for.

use std::time::Duration;

use futures::FutureExt;
use kernel::Timestamp;
use sql::{Scope, Sql, Tx, args};
use uuid::Uuid;

use crate::{
    BatchId, JobError, Jobs, WorkerId,
    ending::{Ending, Lease, Outcome, end_in, json},
    handler::Kinds,
    new::later,
};

/// Jobs that one transaction rescues.
const AT_ONCE: u32 = 200;
const GONE: &str = "its worker was lost";

/// A job that the worker has, as the database sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) lease: Lease,
    pub(crate) cancelling: bool,
    pub(crate) batch: Option<BatchId>,
    pub(crate) run_at: Timestamp,
}

impl Jobs {
    /// Holds on to all that the worker has until `lease` from now; gives what that is. A worker whose row is gone, the first
    /// time or because it was away for too long, begins anew.
    pub(crate) async fn beat(&self, worker: WorkerId, lease: Duration) -> Result<Vec<Held>, JobError> {
        let now = self.now();
        self.database()
            .write(Scope::System, move |tx| async move { beat_in(tx, worker, (now, later(now, lease))).await }.boxed())
            .await
    }

    /// Says good-bye: whatever it still has is taken up by others.
    pub(crate) async fn leave(&self, worker: WorkerId) -> Result<(), JobError> {
        self.database()
            .write(Scope::System, move |tx| {
                async move {
                    tx.execute("DELETE FROM job_workers WHERE id = $1", args![worker.0]).await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Ends the attempts of workers that are gone; gives their number. Only of the kinds given, whose limits decide what becomes
    /// of them: nobody else could do these jobs again anyway.
    pub(crate) async fn rescue(&self, kinds: Kinds) -> Result<u64, JobError> {
        let (now, this, mut count) = (self.now(), self.clone(), 0);
        loop {
            let (kinds, this) = (kinds.clone(), this.clone());
            let rescued: u64 = self
                .database()
                .write::<_, JobError, _>(Scope::System, move |tx| {
                    async move { this.rescue_in(tx, &kinds, now).await }.boxed()
                })
                .await?;
            count += rescued;
            if rescued < u64::from(AT_ONCE) {
                return Ok(count);
            }
        }
    }

    pub(crate) async fn rescue_in(&self, tx: &mut Tx, kinds: &Kinds, now: Timestamp) -> Result<u64, JobError> {
        let lost = Sql::pair(
            "SELECT workspace_id, id, attempt, uncounted, max_attempts, kind, batch FROM jobs WHERE state = 'running'
               AND worker NOT IN (SELECT id FROM job_workers WHERE leased_until > $1)
               AND kind IN (SELECT value FROM json_each($3)) LIMIT $2",
            "SELECT workspace_id, id, attempt, uncounted, max_attempts, kind, batch FROM jobs WHERE state = 'running'
               AND worker NOT IN (SELECT id FROM job_workers WHERE leased_until > $1)
               AND kind = ANY (ARRAY(SELECT json_array_elements_text($3::json))) LIMIT $2 FOR UPDATE SKIP LOCKED",
        );
        let names: Vec<&str> = kinds.iter().map(|(kind, _)| kind).collect();
        let mut endings = Vec::new();
        for row in tx.all(&lost, args![now, AT_ONCE, json(&names)]).await? {
            let (token, kind): (u64, String) = (row.count(2)?, row.get(5)?);
            let most = row.get::<Option<i64>>(4)?.and_then(|most| u32::try_from(most).ok());
            let lease = Lease { workspace: row.id(0)?, id: row.id(1)?, token };
            let counted = token.saturating_sub(row.count(3)?);
            let outcome = kinds.after_failure(&kind, (counted, most), (GONE.to_owned(), now, self.source().share()));
            endings.push(Ending { lease, batch: row.get::<Option<Uuid>>(6)?.map(BatchId), outcome });
        }
        let ended = end_in(tx, &endings, now).await?;
        if ended < u64::from(AT_ONCE) {
            let forget = "DELETE FROM job_workers WHERE leased_until <= $1";
            tx.execute(forget, args![now]).await?;
        }
        Ok(ended)
    }
}

pub(crate) async fn beat_in(
    tx: &mut Tx,
    worker: WorkerId,
    (now, until): (Timestamp, Timestamp),
) -> Result<Vec<Held>, JobError> {
    let upsert = "INSERT INTO job_workers (id, started_at, leased_until) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET leased_until = excluded.leased_until";
    tx.execute(upsert, args![worker.0, now, until]).await?;
    let held =
        "SELECT workspace_id, id, attempt, cancel_at, batch, run_at FROM jobs WHERE state = 'running' AND worker = $1";
    let rows = tx.all(held, args![worker.0]).await?;
    rows.iter()
        .map(|row| {
            let lease = Lease { workspace: row.id(0)?, id: row.id(1)?, token: row.count(2)? };
            let (cancelling, batch) = (row.get::<Option<i64>>(3)?.is_some(), row.get::<Option<Uuid>>(4)?.map(BatchId));
            Ok(Held { lease, cancelling, batch, run_at: row.get(5)? })
        })
        .collect()
}

impl Kinds {
    /// What becomes of a job whose attempt failed and may be tried again.
    pub(crate) fn after_failure(
        &self,
        kind: &str,
        (attempt, most): (u64, Option<u32>),
        (error, now, share): (String, Timestamp, f64),
    ) -> Outcome {
        let limits = self.limits(kind);
        if attempt >= u64::from(most.unwrap_or(limits.max_attempts)) {
            return Outcome::Dead { error };
        }
        Outcome::Failed { error, run_at: later(now, limits.back_off.wait(attempt, share)) }
    }
}
