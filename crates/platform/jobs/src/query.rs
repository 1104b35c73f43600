//! Questions: one job, lists, and how much waits.

use std::fmt::Write as _;

use futures::FutureExt;
use kernel::{Cursor, Page, PageRequest, Timestamp, WorkspaceId};
use sql::{Scope, Sql, Value, args};
use uuid::Uuid;

use crate::{BatchId, Job, JobError, JobId, Jobs, NEVER, State, job::COLUMNS};

const LIST: &str = "jobs.list_jobs";
/// Kinds and states that are counted at most.
const MOST_COUNTS: u32 = 1_000;

/// In which order jobs are listed: that in which they were enqueued.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest first.
    #[default]
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// Which jobs are listed. The default asks for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state; [`State::Dead`] lists the dead letters.
    pub state: Option<State>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Of this batch.
    pub batch: Option<BatchId>,
    /// In this order. A cursor goes on from its place in either.
    pub order: Order,
}

/// Jobs of one kind in one state, over all workspaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Which kind.
    pub kind: String,
    /// Which state; never one of those that pile up ([`State::Succeeded`], [`State::Cancelled`]).
    pub state: State,
    /// How many.
    pub jobs: u64,
    /// Of those that wait: when the oldest one was due. `None` where none is due yet, and for other states.
    pub oldest_due: Option<Timestamp>,
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchProgress {
    /// Its members.
    pub total: u64,
    /// Those that have not ended.
    pub remaining: u64,
    /// Its callback; `None` where it has none.
    pub callback: Option<JobId>,
}

impl Jobs {
    /// One job.
    ///
    /// # Errors
    /// [`JobError::NotFound`], and those of the database.
    pub async fn get(&self, workspace: WorkspaceId, id: JobId) -> Result<Job, JobError> {
        let select = Sql::made(format!("SELECT {COLUMNS} FROM jobs WHERE workspace_id = $1 AND id = $2"));
        let rows = self.database().tenant(workspace).all(select, args![id.0]).await?;
        Ok(Job::read(rows.first().ok_or(JobError::NotFound { id })?)?)
    }

    /// Whether a worker has the job and its lease has not run out; also false where there is no such job.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn is_running(&self, workspace: WorkspaceId, id: JobId) -> Result<bool, JobError> {
        let now = self.now();
        let select = "SELECT 1 FROM jobs WHERE workspace_id = $1 AND id = $2 AND state = 'running'
             AND worker IN (SELECT id FROM job_workers WHERE leased_until > $3)";
        // The workers are nobody's in particular.
        let found = self
            .database()
            .read::<_, JobError, _>(Scope::System, move |tx| {
                async move { Ok(tx.optional(select, args![workspace.0, id.0, now]).await?.is_some()) }.boxed()
            })
            .await?;
        Ok(found)
    }

    /// A workspace's jobs.
    ///
    /// # Errors
    /// [`JobError::Word`] for a cursor of another list, and those of the database.
    pub async fn list(
        &self,
        workspace: WorkspaceId,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page<Job>, JobError> {
        let after = page.after().map(|cursor| cursor.position(LIST)).transpose()?;
        let (text, values) = asked(filter, after.and_then(|bytes| Uuid::from_slice(bytes).ok()), page.limit());
        let rows = self.database().tenant(workspace).all(Sql::made(text), values).await?;
        let mut items = rows.iter().map(Job::read).collect::<Result<Vec<_>, _>>()?;
        let most = usize::try_from(page.limit()).unwrap_or(usize::MAX);
        let more = items.len() > most;
        items.truncate(most);
        let next = items.last().filter(|_| more).map(|job| Cursor::new(LIST, job.id.0.as_bytes()));
        Ok(Page { items, next })
    }

    /// How far a batch is; `None` for one that is unknown, or forgotten after its end.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn batch(&self, workspace: WorkspaceId, id: BatchId) -> Result<Option<BatchProgress>, JobError> {
        let select = "SELECT total, remaining, callback FROM job_batches WHERE workspace_id = $1 AND id = $2";
        let rows = self.database().tenant(workspace).all(select, args![id.0]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let callback = row.get::<Option<Uuid>>(2)?.map(JobId);
        Ok(Some(BatchProgress { total: row.count(0)?, remaining: row.count(1)?, callback }))
    }

    /// Depth and age of the queue by kind, for metrics.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn counts(&self) -> Result<Vec<Count>, JobError> {
        // One arm for each partial index.
        let select = "SELECT kind, state, count(*), min(run_at) FROM jobs WHERE state IN ('queued', 'failed') GROUP BY kind, state
             UNION ALL SELECT kind, state, count(*), NULL FROM jobs WHERE state = 'running' GROUP BY kind, state
             UNION ALL SELECT kind, state, count(*), NULL FROM jobs WHERE state IN ('dead', 'cancelled') AND state = 'dead'
             GROUP BY kind, state LIMIT $1";
        let now = self.now();
        let rows = self.database().all(select, args![MOST_COUNTS]).await?;
        rows.iter()
            .map(|row| {
                let state = State::parse(&row.get::<String>(1)?).unwrap_or(State::Dead);
                let oldest_due = row.get::<Option<Timestamp>>(3)?.filter(|due| *due <= now && *due < NEVER);
                Ok(Count { kind: row.get(0)?, state, jobs: row.count(2)?, oldest_due })
            })
            .collect()
    }

    /// Kinds whose jobs are not begun at present.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn paused(&self) -> Result<Vec<String>, JobError> {
        let select = "SELECT kind FROM job_pauses ORDER BY kind LIMIT $1";
        let rows = self.database().all(select, args![MOST_COUNTS]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?)
    }
}

/// The words that make a partial index apply stand in the text, not in an argument.
fn asked(filter: &Filter, after: Option<Uuid>, limit: u32) -> (String, Vec<Value>) {
    let (mut text, mut values) = (format!("SELECT {COLUMNS} FROM jobs WHERE workspace_id = $1"), Vec::new());
    let mut given = |text: &mut String, condition: &str, value: Value| {
        values.push(value);
        let _ = write!(text, " AND {condition} ${}", values.len() + 1);
    };
    if let Some(state) = filter.state {
        text += match state {
            State::Queued | State::Failed | State::Running => " AND ended_at IS NULL",
            State::Cancelled | State::Dead => " AND state IN ('dead', 'cancelled')",
            State::Succeeded => "",
        };
        given(&mut text, "state =", state.name().into());
    }
    if let Some(kind) = &filter.kind {
        given(&mut text, "kind =", kind.into());
    }
    if let Some(batch) = filter.batch {
        given(&mut text, "batch =", batch.0.into());
    }
    let (beyond, end) = match filter.order {
        Order::NewestFirst => ("id <", "true ORDER BY id DESC LIMIT"),
        Order::OldestFirst => ("id >", "true ORDER BY id LIMIT"),
    };
    if let Some(after) = after {
        given(&mut text, beyond, after.into());
    }
    given(&mut text, end, i64::from(limit).saturating_add(1).into());
    (text, values)
}
