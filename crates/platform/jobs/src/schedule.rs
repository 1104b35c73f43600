//! Jobs that come back by the clock.
//!
//! A moment has one leader: who holds the row of a schedule while it enqueues the job and moves on to the next moment, in
//! one transaction. Any number of processes may look; no election is needed and none can go wrong.

use futures::FutureExt;
use kernel::{Timestamp, WorkspaceId};
use serde::Serialize;
use sql::{Row, Scope, Sql, SqlError, Tx, args};

use crate::{Cron, JobError, Jobs, NewJob, Priority, Unique};

/// Schedules of one workspace, or those that are due together, at most.
const MOST: u32 = 500;

/// A job that is enqueued at each moment of a schedule, unless the one before still lives. Moments that passed while nobody
/// was there are made up for by one job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Unlike those of the workspace's other schedules.
    pub name: String,
    /// When, in UTC.
    pub cron: String,
    /// Which handler does it.
    pub kind: String,
    /// JSON; personal fields sealed.
    #[serde(skip)]
    pub args: Vec<u8>,
    /// What runs first.
    pub priority: Priority,
    /// The next moment; `None` for one that never comes.
    pub next_at: Option<Timestamp>,
}

impl Jobs {
    /// Makes or replaces a schedule. One that stays as it is keeps its next moment, so that it may be set at every start.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn schedule(&self, name: impl Into<String>, cron: &Cron, job: NewJob) -> Result<(), JobError> {
        let (name, text, next) = (name.into(), cron.to_string(), cron.next(self.now()));
        self.database()
            .tenant(job.workspace)
            .write(move |tx| {
                async move {
                    let upsert = "INSERT INTO job_schedules (workspace_id, name, cron, kind, args, priority, next_at)
                         VALUES ($1, $2, $3, $4, $5, $6, $7)
                         ON CONFLICT (workspace_id, name) DO UPDATE SET kind = excluded.kind, args = excluded.args,
                         priority = excluded.priority, cron = excluded.cron,
                         next_at = CASE WHEN job_schedules.cron = excluded.cron THEN job_schedules.next_at ELSE excluded.next_at END";
                    tx.execute(upsert, args![name, text, job.kind, job.args, job.priority.number(), next]).await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Ends a schedule; false where there was none.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn unschedule(&self, workspace: WorkspaceId, name: impl Into<String>) -> Result<bool, JobError> {
        let name = name.into();
        let delete = "DELETE FROM job_schedules WHERE workspace_id = $1 AND name = $2";
        let tenant = self.database().tenant(workspace);
        let deleted: u64 = tenant
            .write::<_, JobError, _>(move |tx| async move { Ok(tx.execute(delete, args![name]).await?) }.boxed())
            .await?;
        Ok(deleted == 1)
    }

    /// The schedules of a workspace by name, at most 500.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn schedules(&self, workspace: WorkspaceId) -> Result<Vec<Schedule>, JobError> {
        let select = "SELECT workspace_id, name, cron, kind, args, priority, next_at FROM job_schedules
             WHERE workspace_id = $1 ORDER BY name LIMIT $2";
        let rows = self.database().tenant(workspace).all(select, args![MOST]).await?;
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }

    /// Enqueues what is due by the clock; gives the number of jobs. Called by every worker.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn tick(&self) -> Result<usize, JobError> {
        let due = "SELECT 1 FROM job_schedules WHERE next_at <= $1 LIMIT 1";
        if self.database().all(due, args![self.now()]).await?.is_empty() {
            return Ok(0);
        }
        let this = self.clone();
        let count: usize = self
            .database()
            .write::<_, JobError, _>(Scope::System, move |tx| async move { this.tick_in(tx).await }.boxed())
            .await?;
        self.wake();
        Ok(count)
    }

    async fn tick_in(&self, tx: &mut Tx) -> Result<usize, JobError> {
        let now = self.now();
        let due = Sql::pair(
            "SELECT workspace_id, name, cron, kind, args, priority, next_at FROM job_schedules WHERE next_at <= $1 LIMIT $2",
            "SELECT workspace_id, name, cron, kind, args, priority, next_at FROM job_schedules WHERE next_at <= $1 LIMIT $2
             FOR UPDATE SKIP LOCKED",
        );
        let rows = tx.all(due, args![now, MOST]).await?;
        for row in &rows {
            let Schedule { workspace, name, cron, kind, args, priority, .. } = read(row)?;
            let job = NewJob::of_json(workspace, kind, args)?.priority(priority);
            self.put(tx, vec![job.unique(Unique::while_live(format!("schedule:{name}")))], None).await?;
            let next = cron.parse::<Cron>()?.next(now);
            let update = "UPDATE job_schedules SET next_at = $3 WHERE workspace_id = $1 AND name = $2";
            tx.execute(update, args![workspace.0, name, next]).await?;
        }
        Ok(rows.len())
    }
}

fn read(row: &Row) -> Result<Schedule, SqlError> {
    Ok(Schedule {
        workspace: row.id(0)?,
        name: row.get(1)?,
        cron: row.get(2)?,
        kind: row.get(3)?,
        args: row.get(4)?,
        priority: Priority::of(row.get(5)?),
        next_at: row.get(6)?,
    })
}
