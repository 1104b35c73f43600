//! What a running job is given.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use eventlog::{Also, Cause, EventLog};
use futures::{FutureExt, future::BoxFuture};
use kernel::{Cancel, WorkspaceId};
use serde::{Serialize, de::DeserializeOwned};
use sql::{Scope, SqlError, Tx, args};

use crate::{
    BatchId, JobError, JobId, Jobs, MAX_BYTES,
    claim::Claimed,
    ending::{Ending, Outcome, end_in},
    report::{Report, Written, report_in},
};

/// One attempt at one job. Clones share it.
#[derive(Clone)]
pub struct Context(Arc<Attempt>);

struct Attempt {
    jobs: Jobs,
    job: Claimed,
    cancel: Cancel,
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    report: Report,
    result: Option<Vec<u8>>,
}

impl Context {
    pub(crate) fn new(jobs: Jobs, job: Claimed, cancel: Cancel) -> Self {
        let said = Said { report: Report::of(job.log.clone()), result: None };
        Self(Arc::new(Attempt { jobs, job, cancel, said: Mutex::new(said) }))
    }

    /// Which job.
    #[must_use]
    pub fn job(&self) -> JobId {
        self.0.job.lease.id
    }

    /// Whose.
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.0.job.lease.workspace
    }

    /// Which attempt, counted from 1. Those that a stop broke off do not count.
    #[must_use]
    pub fn attempt(&self) -> u64 {
        self.0.job.attempt
    }

    /// The batch that it is a member of.
    #[must_use]
    pub fn batch(&self) -> Option<BatchId> {
        self.0.job.batch
    }

    /// What it follows from; to be passed on to what follows from it.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.0.job.cause
    }

    /// The queue, to enqueue more.
    #[must_use]
    pub fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    /// The log of the facts, in the same database.
    #[must_use]
    pub fn facts(&self) -> &EventLog {
        &self.0.jobs.0.log
    }

    /// Its arguments, personal fields opened as far as their keys are there.
    ///
    /// # Errors
    /// [`JobError::Log`] when they are not of this type.
    pub async fn args<T: DeserializeOwned>(&self) -> Result<T, JobError> {
        self.0.jobs.open(self.workspace(), &self.0.job.args).await
    }

    /// Where the attempt before has left off; `None` where none has said.
    ///
    /// # Errors
    /// [`JobError::Log`] when it is not of this type.
    pub async fn resume<T: DeserializeOwned>(&self) -> Result<Option<T>, JobError> {
        match &self.0.job.checkpoint {
            Some(json) => self.0.jobs.open(self.workspace(), json).await.map(Some),
            None => Ok(None),
        }
    }

    /// Keeps where a next attempt would go on. It is stored when this returns.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`]: stop; [`JobError::TooLarge`], and those of the database.
    pub async fn checkpoint<T: Serialize>(&self, at: &T) -> Result<(), JobError> {
        let json = self.sealed("checkpoint", at).await?;
        let (lease, this) = (self.0.job.lease, self.clone());
        self.0
            .jobs
            .database()
            .write(Scope::Workspace(lease.workspace), move |tx| {
                async move {
                    let update = "UPDATE jobs SET checkpoint = $4
                         WHERE workspace_id = $1 AND id = $2 AND attempt = $3 AND state = 'running'";
                    let token = i64::try_from(lease.token).unwrap_or(i64::MAX);
                    match tx.execute(update, args![lease.id.0, token, json]).await? {
                        0 => Err(this.lost()),
                        _ => Ok(()),
                    }
                }
                .boxed()
            })
            .await
    }

    /// Says how far it is: `done` of `total` in this unit, e.g. `rows`. Stored within half a second; costs nothing.
    pub fn progress(&self, done: u64, total: Option<u64>, unit: &str) {
        let now = self.0.jobs.now();
        self.said().report.count((done, total), unit, now);
    }

    /// Adds a line to the log that is shown with the job. Stored in the open: no personal data.
    pub fn log(&self, line: &str) {
        self.said().report.say(line);
    }

    /// What the job has made, kept if it succeeds.
    ///
    /// # Errors
    /// [`JobError::TooLarge`], [`JobError::Log`] when it cannot be written or sealed.
    pub async fn result<T: Serialize>(&self, result: &T) -> Result<(), JobError> {
        let json = self.sealed("result", result).await?;
        self.said().result = Some(json);
        Ok(())
    }

    /// Whether somebody wants it to end, or another worker has it by now.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancel.is_cancelled()
    }

    /// The same, for work that takes a flag.
    #[must_use]
    pub fn cancel(&self) -> &Cancel {
        &self.0.cancel
    }

    /// Done once in effect: what `work` writes and the end of the job are one transaction. If the lease was lost meanwhile,
    /// or the process dies, nothing of it is there. The handler then returns.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`], those of the work, and those of the database.
    pub async fn complete_in<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<SqlError> + From<JobError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let this = self.clone();
        let scope = Scope::Workspace(self.workspace());
        self.0
            .jobs
            .database()
            .write(scope, move |tx| {
                async move {
                    // First, so that it holds the job's row while it works.
                    this.complete(tx).await?;
                    work(tx).await
                }
                .boxed()
            })
            .await
    }

    /// The same within a change of the log: `How { also: Some(context.completion()), ..How::default() }`. A lost lease is
    /// [`eventlog::LogError::Overtaken`], and the events are not stored.
    #[must_use]
    pub fn completion(&self) -> Also {
        let this = self.clone();
        Box::new(move |tx, _| async move { Ok(this.complete(tx).await?) }.boxed())
    }

    /// Ends the job in a transaction of the caller, who gives the transaction up when this fails.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`], and those of the database.
    pub async fn complete(&self, tx: &mut Tx) -> Result<(), JobError> {
        // Its last words, which nobody can add once it has ended.
        let report = self.take_report();
        report_in(tx, report.as_slice()).await?;
        let result = self.said().result.clone();
        let ending =
            Ending { lease: self.0.job.lease, batch: self.0.job.batch, outcome: Outcome::Succeeded { result } };
        if end_in(tx, &[ending], self.0.jobs.now()).await? == 0 { Err(self.lost()) } else { Ok(()) }
    }

    pub(crate) fn claimed(&self) -> &Claimed {
        &self.0.job
    }

    pub(crate) fn take_report(&self) -> Option<Written> {
        self.said().report.take(self.0.job.lease)
    }

    pub(crate) fn take_result(&self) -> Option<Vec<u8>> {
        self.said().result.take()
    }

    fn lost(&self) -> JobError {
        self.0.cancel.cancel();
        JobError::LeaseLost { id: self.job(), attempt: self.0.job.lease.token }
    }

    async fn sealed<T: Serialize>(&self, what: &'static str, value: &T) -> Result<Vec<u8>, JobError> {
        let json = self.0.jobs.0.log.seal_json(self.workspace(), value).await?;
        if json.len() > MAX_BYTES {
            return Err(JobError::TooLarge { what, kind: self.0.job.kind.clone(), size_bytes: json.len() });
        }
        Ok(json)
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        // What was said is whole after every step.
        self.0.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("lease", &self.0.job.lease)
            .field("kind", &self.0.job.kind)
            .finish_non_exhaustive()
    }
}
