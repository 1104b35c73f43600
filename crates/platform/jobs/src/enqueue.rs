//! Jobs enter the queue, in a transaction of their own or in that of the fact which causes them.

use futures::FutureExt;
use kernel::{Timestamp, WorkspaceId};
use sql::{Dialect, Scope, SqlError, Tx, Value, args};

use crate::{
    BatchId, Enqueued, JobError, JobId, Jobs, NEVER, NewJob,
    new::{Due, Unique, later},
};

/// `unique_until` of a key that is held for as long as its job lives.
pub(crate) const WHILE_LIVE: Timestamp = Timestamp(i64::MAX);

/// SQLite finds a named parameter by looking at all before it: few at a time, or many rows cost their square.
const ROWS_ON_SQLITE: usize = 16;
const COLUMNS: [&str; 13] = [
    "id",
    "kind",
    "priority",
    "run_at",
    "max_attempts",
    "args",
    "unique_key",
    "unique_until",
    "batch",
    "enqueued_at",
    "correlation_id",
    "causation_id",
    "traceparent",
];
const INSERT: &str = "INSERT INTO jobs (workspace_id, id, kind, priority, run_at, max_attempts, args, unique_key, unique_until, batch, \
     enqueued_at, correlation_id, causation_id, traceparent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
     ON CONFLICT DO NOTHING";
/// How often a job is tried to be stored whose key others take and let go at that moment.
const TRIES: u32 = 3;

/// Jobs that are waited for together.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// The jobs. None at all is a batch that has ended.
    pub members: Vec<NewJob>,
    /// Runs once, when each of them has ended, in whatever way.
    pub callback: Option<NewJob>,
}

impl Jobs {
    /// Stores a job.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn enqueue(&self, job: NewJob) -> Result<Enqueued, JobError> {
        let workspace = job.workspace;
        let done = self.store(Scope::Workspace(workspace), vec![job]).await?;
        done.into_iter().next().ok_or_else(|| JobError::Sql(SqlError::Aborted))
    }

    /// Stores many jobs, of any workspaces, in one transaction.
    ///
    /// # Errors
    /// [`JobError`] of the database; nothing is stored then.
    pub async fn enqueue_many(&self, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, JobError> {
        self.store(Scope::System, jobs).await
    }

    /// Stores a batch with its callback.
    ///
    /// # Errors
    /// [`JobError`] of the database; nothing is stored then.
    pub async fn enqueue_batch(&self, workspace: WorkspaceId, batch: NewBatch) -> Result<BatchId, JobError> {
        let this = self.clone();
        let id = self
            .database()
            .write::<_, JobError, _>(Scope::Workspace(workspace), move |tx| {
                async move { this.enqueue_batch_in(tx, workspace, batch).await }.boxed()
            })
            .await?;
        self.wake();
        Ok(id)
    }

    async fn store(&self, scope: Scope, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, JobError> {
        let this = self.clone();
        let done = self
            .database()
            .write::<_, JobError, _>(scope, move |tx| async move { this.put(tx, jobs, None).await }.boxed())
            .await?;
        self.wake();
        Ok(done)
    }

    /// Stores jobs in a transaction of the caller: with [`eventlog::How::also`] in that of the fact. Nobody sees them before
    /// it commits.
    ///
    /// # Errors
    /// [`JobError::OtherWorkspace`], and those of the database.
    pub async fn enqueue_in(&self, tx: &mut Tx, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, JobError> {
        let done = self.put(tx, jobs, None).await?;
        self.expect_some();
        Ok(done)
    }

    /// The same for a batch; see [`Jobs::enqueue_batch`].
    ///
    /// # Errors
    /// [`JobError::OtherWorkspace`], and those of the database.
    pub async fn enqueue_batch_in(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        batch: NewBatch,
    ) -> Result<BatchId, JobError> {
        let (id, now) = (BatchId(self.source().uuid()), self.now());
        let members = self.put(tx, batch.members, Some(id)).await?;
        let live = members.iter().filter(|each| matches!(each, Enqueued::New(_))).count();
        let callback = match batch.callback {
            Some(callback) if live > 0 => Some(callback.at(NEVER)),
            callback => callback,
        };
        let callback = self.put(tx, callback.into_iter().collect(), None).await?;
        let (count, callback) = (i64::try_from(live).unwrap_or(i64::MAX), callback.first().map(|each| each.id().0));
        let insert = "INSERT INTO job_batches (workspace_id, id, total, remaining, callback, created_at, ended_at)
             VALUES ($1, $2, $3, $3, $4, $5, $6)";
        let ended = (live == 0).then_some(now);
        let before = tx.enter(Scope::System);
        tx.execute(insert, args![workspace.0, id.0, count, callback, now, ended]).await?;
        tx.enter(before);
        self.expect_some();
        Ok(id)
    }

    pub(crate) async fn put(
        &self,
        tx: &mut Tx,
        jobs: Vec<NewJob>,
        batch: Option<BatchId>,
    ) -> Result<Vec<Enqueued>, JobError> {
        let now = self.now();
        let (mut done, mut plain) = (Vec::with_capacity(jobs.len()), Vec::new());
        if let Scope::Workspace(workspace) = tx.scope()
            && let Some(other) = jobs.iter().find(|job| job.workspace != workspace)
        {
            return Err(JobError::OtherWorkspace { kind: other.kind.clone() });
        }
        let before = tx.enter(Scope::System);
        for job in jobs {
            if job.id.is_some() || job.unique.is_some() {
                done.push(self.put_guarded(tx, (job, batch), now).await?);
            } else {
                let id = JobId(self.source().uuid());
                done.push(Enqueued::New(id));
                plain.push(row(id, job, batch, now));
            }
        }
        put_plain(tx, plain).await?;
        tx.enter(before);
        Ok(done)
    }

    /// Stores a job unless its id or its key is there.
    ///
    /// On PostgreSQL each statement sees what others have committed by then: who held the key when the insert looked may have
    /// let it go when it is asked for. Then the job is not stored and nobody stands for it, and it is tried again.
    async fn put_guarded(
        &self,
        tx: &mut Tx,
        (job, batch): (NewJob, Option<BatchId>),
        now: Timestamp,
    ) -> Result<Enqueued, JobError> {
        let (workspace, kind) = (job.workspace.0, job.kind.clone());
        let key = job.unique.as_ref().map(|unique| unique.key.clone());
        let id = job.id.unwrap_or_else(|| JobId(self.source().uuid()));
        let row = row(id, job, batch, now);
        // A key that was held for a time is let go by whoever asks first after it.
        let release = "UPDATE jobs SET unique_until = NULL WHERE workspace_id = $1 AND kind = $2 AND unique_key = $3
             AND unique_until <= $4 AND ended_at IS NOT NULL";
        let holder = "SELECT id FROM jobs WHERE workspace_id = $1 AND kind = $2 AND unique_key = $3 AND unique_until IS NOT NULL";
        let same = "SELECT id FROM jobs WHERE workspace_id = $1 AND id = $2";
        for _ in 0..TRIES {
            if tx.execute(INSERT, row.clone()).await? == 1 {
                return Ok(Enqueued::New(id));
            }
            let Some(key) = key.as_deref() else { return Ok(Enqueued::Existing(id)) };
            if tx.execute(release, args![workspace, kind.as_str(), key, now]).await? == 1 {
                continue;
            }
            if let Some(row) = tx.optional(holder, args![workspace, kind.as_str(), key]).await? {
                return Ok(Enqueued::Existing(row.id(0)?));
            }
            if let Some(row) = tx.optional(same, args![workspace, id.0]).await? {
                return Ok(Enqueued::Existing(row.id(0)?));
            }
        }
        Err(JobError::Sql(SqlError::Busy))
    }
}

async fn put_plain(tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<(), JobError> {
    let (columns, rows) = used(rows);
    let at_once = match tx.dialect() {
        Dialect::Sqlite => ROWS_ON_SQLITE,
        Dialect::Postgres => rows.len().max(1),
    };
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        tx.insert_many(("jobs", &columns), rows.by_ref().take(at_once).collect(), "").await?;
    }
    Ok(())
}

/// The columns that some row has a value for, and those values: most jobs ask for nothing special.
fn used(mut rows: Vec<Vec<Value>>) -> (Vec<&'static str>, Vec<Vec<Value>>) {
    let mut columns = vec!["workspace_id"];
    columns.extend(COLUMNS);
    for at in (0..columns.len()).rev() {
        if rows.iter().all(|row| is_null(&row[at])) {
            columns.remove(at);
            for row in &mut rows {
                row.remove(at);
            }
        }
    }
    (columns, rows)
}

fn is_null(value: &Value) -> bool {
    matches!(
        value,
        Value::Int(None)
            | Value::Float(None)
            | Value::Bool(None)
            | Value::Text(None)
            | Value::Bytes(None)
            | Value::Uuid(None)
    )
}

fn row(id: JobId, job: NewJob, batch: Option<BatchId>, now: Timestamp) -> Vec<Value> {
    let run_at = match job.due {
        Due::Now => now,
        Due::After(delay) => later(now, delay),
        Due::At(moment) => moment,
    };
    let (key, until) = match job.unique {
        Some(Unique { key, within: None }) => (Some(key), Some(WHILE_LIVE)),
        Some(Unique { key, within: Some(period) }) => (Some(key), Some(later(now, period))),
        None => (None, None),
    };
    args![
        job.workspace.0,
        id.0,
        job.kind,
        job.priority.number(),
        run_at,
        job.max_attempts,
        job.args,
        key,
        until,
        batch.map(|batch| batch.0),
        now,
        job.cause.correlation_id,
        job.cause.causation_id.map(|cause| cause.0),
        job.cause.traceparent,
    ]
}
