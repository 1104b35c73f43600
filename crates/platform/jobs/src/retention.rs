//! What has ended is forgotten after a time, a batch at a time, so that nobody waits for it.

use std::time::Duration;

use futures::FutureExt;
use kernel::Timestamp;
use sql::{Scope, Sql, args};

use crate::{JobError, Jobs, new::micros};

/// Rows that one transaction deletes.
const AT_ONCE: u32 = 1_000;

/// How long what has ended is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Jobs that succeeded or were cancelled, and batches.
    pub finished: Duration,
    /// Dead letters; `None` until somebody decides.
    pub dead: Option<Duration>,
}

impl Default for Keep {
    fn default() -> Self {
        Self { finished: Duration::from_hours(7 * 24), dead: None }
    }
}

const FINISHED: Sql = Sql::pair(
    "DELETE FROM jobs WHERE rowid IN (SELECT rowid FROM jobs WHERE state IN ('succeeded', 'cancelled') AND ended_at < $1
       ORDER BY ended_at LIMIT $2)",
    "DELETE FROM jobs WHERE ctid = ANY (ARRAY(SELECT ctid FROM jobs WHERE state IN ('succeeded', 'cancelled') AND ended_at < $1
       ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
);
const DEAD: Sql = Sql::pair(
    "DELETE FROM jobs WHERE rowid IN (SELECT rowid FROM jobs WHERE state IN ('dead', 'cancelled') AND state = 'dead'
       AND ended_at < $1 LIMIT $2)",
    "DELETE FROM jobs WHERE ctid = ANY (ARRAY(SELECT ctid FROM jobs WHERE state IN ('dead', 'cancelled') AND state = 'dead'
       AND ended_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))",
);
const BATCHES: Sql = Sql::pair(
    "DELETE FROM job_batches WHERE rowid IN (SELECT rowid FROM job_batches WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)",
    "DELETE FROM job_batches WHERE ctid = ANY (ARRAY(SELECT ctid FROM job_batches WHERE ended_at < $1 ORDER BY ended_at LIMIT $2
       FOR UPDATE SKIP LOCKED))",
);

impl Jobs {
    /// Deletes what ended long enough ago; gives the number of jobs. Called by every worker.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn forget(&self, keep: Keep) -> Result<u64, JobError> {
        let before = |kept: Duration| Timestamp(self.now().0.saturating_sub(micros(kept)));
        let mut count = self.delete(FINISHED, before(keep.finished)).await?;
        if let Some(kept) = keep.dead {
            count += self.delete(DEAD, before(kept)).await?;
        }
        self.delete(BATCHES, before(keep.finished)).await?;
        Ok(count)
    }

    async fn delete(&self, sql: Sql, before: Timestamp) -> Result<u64, JobError> {
        let mut count = 0;
        loop {
            let sql = sql.clone();
            let deleted: u64 = self
                .database()
                .write::<_, JobError, _>(Scope::System, move |tx| {
                    async move { Ok(tx.execute(sql, args![before, AT_ONCE]).await?) }.boxed()
                })
                .await?;
            count += deleted;
            if deleted < u64::from(AT_ONCE) {
                return Ok(count);
            }
        }
    }
}
