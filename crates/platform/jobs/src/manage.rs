//! Decisions of people: cancel, retry, edit, discard, pause, resume.

use futures::{FutureExt, future::BoxFuture};
use kernel::{Timestamp, WorkspaceId};
use serde::Serialize;
use sql::{Row, Scope, Sql, Tx, args};
use uuid::Uuid;

use crate::{JobError, JobId, Jobs, NewJob, State, ending::count_down, enqueue::WHILE_LIVE};

/// What a cancellation has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It waited; it has ended.
    AtOnce,
    /// It runs and has been told: here at once, elsewhere by the next heartbeat. It may still succeed.
    Asked,
    /// It had ended before; nothing has changed.
    Ended(State),
}

const LOCK: Sql = Sql::pair(
    "SELECT state, batch, kind, unique_key FROM jobs WHERE workspace_id = $1 AND id = $2",
    "SELECT state, batch, kind, unique_key FROM jobs WHERE workspace_id = $1 AND id = $2 FOR UPDATE",
);

impl Jobs {
    /// Asks a job to end.
    ///
    /// # Errors
    /// [`JobError::NotFound`], and those of the database.
    pub async fn cancel(&self, workspace: WorkspaceId, id: JobId) -> Result<Cancelled, JobError> {
        let now = self.now();
        let done = self
            .decide((workspace, id), move |tx, row| {
                async move { cancel_in(tx, (workspace, id), &row, now).await }.boxed()
            })
            .await?;
        if done == Cancelled::Asked {
            // One that has lost its lease may still be at work: it is told too.
            let running = self.running();
            let of_job = running.iter().filter(|(lease, _)| (lease.workspace, lease.id) == (workspace, id));
            of_job.for_each(|(_, cancel)| cancel.cancel());
        }
        Ok(done)
    }

    /// Runs a job now: one that waits for its moment or its next attempt, a dead letter, or one that was cancelled. It has all
    /// its attempts again.
    ///
    /// # Errors
    /// [`JobError::NotFound`], [`JobError::WrongState`] when it runs or has succeeded, or another job has its key.
    pub async fn retry(&self, workspace: WorkspaceId, id: JobId) -> Result<(), JobError> {
        let now = self.now();
        self.decide((workspace, id), move |tx, row| {
            async move { retry_in(tx, (workspace, id), &row, now).await }.boxed()
        })
        .await?;
        self.wake();
        Ok(())
    }

    /// Gives a job that does not run other arguments.
    ///
    /// # Errors
    /// [`JobError::NotFound`], [`JobError::WrongState`], [`JobError::TooLarge`], and those of writing and sealing.
    pub async fn edit<T: Serialize>(&self, workspace: WorkspaceId, id: JobId, args: &T) -> Result<(), JobError> {
        let json = self.0.log.seal_json(workspace, args).await?;
        let kind = self.get(workspace, id).await?.kind;
        let args = NewJob::of_json(workspace, kind, json)?.args;
        self.decide((workspace, id), move |tx, row| {
            async move {
                refuse(id, "edit", &row, &[State::Running, State::Succeeded])?;
                let update = "UPDATE jobs SET args = $3 WHERE workspace_id = $1 AND id = $2";
                tx.execute(update, args![id.0, args]).await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }

    /// Puts a dead letter away: it counts as cancelled from now on.
    ///
    /// # Errors
    /// [`JobError::NotFound`], [`JobError::WrongState`] for a job that is no dead letter.
    pub async fn discard(&self, workspace: WorkspaceId, id: JobId) -> Result<(), JobError> {
        self.decide((workspace, id), move |tx, row| {
            async move {
                let others = State::ALL.into_iter().filter(|state| *state != State::Dead).collect::<Vec<_>>();
                refuse(id, "discard", &row, &others)?;
                let update = "UPDATE jobs SET state = 'cancelled' WHERE workspace_id = $1 AND id = $2";
                tx.execute(update, args![id.0]).await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }

    /// Begins no more jobs of a kind, in any process and workspace, until it is resumed. Those that run go on.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn pause(&self, kind: impl Into<String>) -> Result<(), JobError> {
        let (kind, now) = (kind.into(), self.now());
        let insert = "INSERT INTO job_pauses (kind, paused_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.database()
            .write(Scope::System, move |tx| async move { tx.execute(insert, args![kind, now]).await.map(drop) }.boxed())
            .await
            .map_err(|error: sql::SqlError| error.into())
    }

    /// Begins them again.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn resume(&self, kind: impl Into<String>) -> Result<(), JobError> {
        let kind = kind.into();
        let delete = "DELETE FROM job_pauses WHERE kind = $1";
        let done: Result<(), sql::SqlError> = self
            .database()
            .write(Scope::System, move |tx| async move { tx.execute(delete, args![kind]).await.map(drop) }.boxed())
            .await;
        self.wake();
        Ok(done?)
    }

    /// One decision about one job, which nobody else changes meanwhile.
    async fn decide<T, F>(&self, (workspace, id): (WorkspaceId, JobId), work: F) -> Result<T, JobError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, Row) -> BoxFuture<'t, Result<T, JobError>> + Send + 'static,
    {
        self.database()
            .tenant(workspace)
            .write(move |tx| {
                async move {
                    let row = tx.optional(&LOCK, args![id.0]).await?.ok_or(JobError::NotFound { id })?;
                    work(tx, row).await
                }
                .boxed()
            })
            .await
    }
}

fn state(row: &Row) -> Result<State, JobError> {
    Ok(State::parse(&row.get::<String>(0)?).unwrap_or(State::Dead))
}

fn refuse(id: JobId, what: &'static str, row: &Row, refused: &[State]) -> Result<State, JobError> {
    let state = state(row)?;
    if refused.contains(&state) { Err(JobError::WrongState { id, what, state }) } else { Ok(state) }
}

async fn cancel_in(
    tx: &mut Tx,
    (workspace, id): (WorkspaceId, JobId),
    row: &Row,
    now: Timestamp,
) -> Result<Cancelled, JobError> {
    match state(row)? {
        State::Running => {
            let update = "UPDATE jobs SET cancel_at = $3 WHERE workspace_id = $1 AND id = $2";
            tx.execute(update, args![id.0, now]).await?;
            Ok(Cancelled::Asked)
        }
        State::Queued | State::Failed => {
            let update = "UPDATE jobs SET state = 'cancelled', ended_at = $3,
                 unique_until = CASE WHEN unique_until > $3 AND unique_until < $4 THEN unique_until END
                 WHERE workspace_id = $1 AND id = $2 RETURNING workspace_id, ended_at, batch";
            let ended = tx.all(update, args![id.0, now, WHILE_LIVE]).await?;
            let before = tx.enter(Scope::System);
            count_down(tx, &ended, now).await?;
            tx.enter(before);
            debug_assert_eq!(before, Scope::Workspace(workspace));
            Ok(Cancelled::AtOnce)
        }
        ended => Ok(Cancelled::Ended(ended)),
    }
}

async fn retry_in(tx: &mut Tx, (_, id): (WorkspaceId, JobId), row: &Row, now: Timestamp) -> Result<(), JobError> {
    let state = refuse(id, "retry", row, &[State::Running, State::Succeeded])?;
    let (batch, key): (Option<Uuid>, Option<String>) = (row.get(1)?, row.get(3)?);
    if let (true, Some(key)) = (state.is_end(), &key) {
        let other = "SELECT id FROM jobs WHERE workspace_id = $1 AND kind = $2 AND unique_key = $3 AND unique_until IS NOT NULL";
        let other = tx.optional(other, args![row.get::<String>(2)?, key]).await?;
        if other.map(|row| row.id::<JobId>(0)).transpose()?.is_some_and(|other| other != id) {
            return Err(JobError::WrongState { id, what: "retry (another job has its key)", state });
        }
    }
    let held = key.map(|_| WHILE_LIVE);
    let update =
        "UPDATE jobs SET state = 'queued', run_at = $3, uncounted = attempt, ended_at = NULL, cancel_at = NULL,
         unique_until = $4 WHERE workspace_id = $1 AND id = $2";
    tx.execute(update, args![id.0, now, held]).await?;
    if let (true, Some(batch)) = (state.is_end(), batch) {
        let up =
            "UPDATE job_batches SET remaining = remaining + 1, ended_at = NULL WHERE workspace_id = $1 AND id = $2";
        tx.execute(up, args![batch]).await?;
    }
    Ok(())
}
