//! A job that the process which stores it does itself, from its first moment: for command lines, whose user waits for it.
//!
//! To everybody else it is a job like any other: it is listed with its progress, can be cancelled, and is taken up by a worker
//! when this process dies and attempts are left.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use futures::{
    FutureExt,
    future::{Either, select},
};
use kernel::Cancel;
use sql::{Scope, Sql, Tx, args};
use tokio::time::{Instant, sleep};

use crate::{
    Context, Enqueued, Handler, JobError, Jobs, NewJob, Settings, WorkerId,
    attempt::attempt,
    claim::{Claimed, RETURNING, read},
    ending::end_in,
    handler::Kinds,
    lease::beat_in,
    new::later,
    report::report_in,
};

impl Jobs {
    /// Stores a job as taken by this process and does it at once; returns when it has ended, in whatever way, with what was
    /// stored. [`Enqueued::Existing`] was there before, and nothing was done. `cancel` cancels the job, and is raised when
    /// another cancels it. Dropped, it is like a process that was killed.
    ///
    /// # Errors
    /// [`JobError`] of the database: at the start nothing is stored, at the end the job waits for its lease to run out.
    pub async fn perform(&self, job: NewJob, handler: Arc<dyn Handler>, cancel: Cancel) -> Result<Enqueued, JobError> {
        let (kinds, worker) = (Kinds::of(vec![handler]), WorkerId(self.source().uuid()));
        self.rescue(kinds.clone()).await?;
        let (stored, claimed) = self.take(job, worker).await?;
        let Some(claimed) = claimed else { return Ok(stored) };
        let lease = claimed.lease;
        self.running().insert(lease, cancel.clone());
        let context = Context::new(self.clone(), claimed, cancel);
        let work = pin!(attempt(self, &kinds, &context));
        let ending = match select(work, pin!(self.hold(worker, &context))).await {
            Either::Left((ending, _)) => ending,
            Either::Right((never, _)) => match never {},
        };
        self.running().remove(&lease);
        let (report, now) = (context.take_report(), self.now());
        self.database()
            .write::<_, JobError, _>(Scope::System, move |tx| {
                async move {
                    report_in(tx, report.as_slice()).await?;
                    end_in(tx, &[ending], now).await
                }
                .boxed()
            })
            .await?;
        self.leave(worker).await?;
        Ok(stored)
    }

    /// Stores a job that has its worker already; `None` when it was there before.
    async fn take(&self, job: NewJob, worker: WorkerId) -> Result<(Enqueued, Option<Claimed>), JobError> {
        let (this, now) = (self.clone(), self.now());
        let until = later(now, Settings::default().lease);
        self.database()
            .write(Scope::System, move |tx| {
                async move {
                    let workspace = job.workspace;
                    let stored = this.put(tx, vec![job], None).await?.into_iter().next();
                    let stored = stored.ok_or(JobError::Sql(sql::SqlError::Aborted))?;
                    if matches!(stored, Enqueued::Existing(_)) {
                        return Ok((stored, None));
                    }
                    beat_in(tx, worker, (now, until)).await?;
                    let values = args![workspace.0, stored.id().0, worker.0, now];
                    Ok((stored, Some(read(&claim_one(tx, values).await?)?)))
                }
                .boxed()
            })
            .await
    }

    /// Keeps the lease and writes down what the job says, until it is dropped.
    async fn hold(&self, worker: WorkerId, context: &Context) -> Infallible {
        let Settings { lease, report, .. } = Settings::default();
        let mut next_beat = Instant::now() + lease / 6;
        loop {
            sleep(report).await;
            let is_beating = Instant::now() >= next_beat;
            match self.sign(worker, context, is_beating.then_some(lease)).await {
                Ok(()) if is_beating => next_beat = Instant::now() + lease / 6,
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(error = %error, "cannot reach the queue of the job that runs, and try again: {error}");
                }
            }
        }
    }

    async fn sign(&self, worker: WorkerId, context: &Context, lease: Option<Duration>) -> Result<(), JobError> {
        if let Some(report) = context.take_report() {
            self.database()
                .write(Scope::System, move |tx| async move { report_in(tx, &[report]).await }.boxed())
                .await?;
        }
        let Some(lease) = lease else { return Ok(()) };
        let held = self.beat(worker, lease).await?;
        let mine = held.iter().find(|held| held.lease == context.claimed().lease);
        if mine.is_none_or(|held| held.cancelling) {
            context.cancel().cancel();
        }
        Ok(())
    }
}

async fn claim_one(tx: &mut Tx, values: Vec<sql::Value>) -> Result<sql::Row, sql::SqlError> {
    let update = format!(
        "UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = $3, started_at = $4
         WHERE workspace_id = $1 AND id = $2 {RETURNING}"
    );
    tx.one(Sql::made(update), values).await
}
