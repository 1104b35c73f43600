//! The queue of a workspace.

mod cancel_job;
mod discard_job;
mod list_jobs;
mod progress;
mod retry_job;
mod show_job;
mod watch_job;

use http_edge::Operation;
use jobs::Job;
pub use progress::JobProgress;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{Spine, form::stored};

pub(crate) fn operations(spine: &Spine) -> Vec<Operation> {
    vec![
        list_jobs::operation(spine),
        show_job::operation(spine),
        watch_job::operation(spine),
        cancel_job::operation(spine),
        retry_job::operation(spine),
        discard_job::operation(spine),
    ]
}

/// A job as the API shows it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Job")]
pub(crate) struct JobForm {
    /// Its id.
    id: jobs::JobId,
    /// What it does, `context.verb_noun`.
    kind: String,
    /// `queued`, `running`, `failed` (it is tried again), `succeeded`, `cancelled`, `dead`.
    state: String,
    /// What it was given; personal fields are sealed.
    args: Value,
    /// Attempts so far, the running one included.
    attempt: u64,
    /// When it runs, or runs again; `null` while it waits for other jobs.
    run_at: Option<String>,
    /// When it was enqueued.
    enqueued_at: String,
    /// When its last attempt began.
    started_at: Option<String>,
    /// When it ended.
    ended_at: Option<String>,
    /// Whether it was asked to end and has not yet.
    cancelling: bool,
    /// How far it is; `null` where it never said.
    progress: Option<ProgressForm>,
    /// The last lines that it said.
    log: Vec<String>,
    /// What it gave.
    result: Option<Value>,
    /// What its last attempt failed with.
    error: Option<String>,
}

/// How far a job is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Progress")]
struct ProgressForm {
    /// Units that are done.
    done: u64,
    /// Units in all; `null` where nobody knows.
    total: Option<u64>,
    /// What is counted, e.g. `rows`.
    unit: String,
    /// Units a second in this attempt.
    rate: Option<f64>,
    /// When it will be done at this rate.
    eta: Option<String>,
}

impl From<Job> for JobForm {
    fn from(job: Job) -> Self {
        let progress = job.progress.map(|progress| ProgressForm {
            done: progress.done,
            total: progress.total,
            unit: progress.unit,
            rate: progress.rate,
            eta: progress.eta.map(|eta| eta.to_string()),
        });
        Self {
            id: job.id,
            kind: job.kind,
            state: job.state.to_string(),
            args: stored(&job.args),
            attempt: job.attempt,
            run_at: (job.run_at < jobs::NEVER).then(|| job.run_at.to_string()),
            enqueued_at: job.enqueued_at.to_string(),
            started_at: job.started_at.map(|at| at.to_string()),
            ended_at: job.ended_at.map(|at| at.to_string()),
            cancelling: job.cancelling,
            progress,
            log: job.log,
            result: job.result.as_deref().map(stored),
            error: job.error,
        }
    }
}
