//! What a stream tells of a job.

use jobs::{Job, JobId, State};
use schemars::JsonSchema;
use serde::Serialize;

/// A job at one moment, as those who watch it are told: each time that something of it has changed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct JobProgress {
    /// The job.
    pub job_id: JobId,
    /// `queued`, `running`, `failed` (it is tried again), `succeeded`, `cancelled`, `dead`.
    #[schemars(with = "String")]
    pub state: State,
    /// Attempts so far, the running one included.
    pub attempt: u64,
    /// Units that are done; 0 before it said.
    pub done: u64,
    /// Units in all; `null` where nobody knows.
    pub total: Option<u64>,
    /// What is counted, e.g. `rows`; `null` before it said.
    pub unit: Option<String>,
    /// Of the total, 0 to 100; `null` without one.
    pub percent: Option<f64>,
    /// When it will be done at the present rate; `null` where nobody knows.
    pub eta: Option<String>,
    /// The last line that it said; `null` before the first.
    pub message: Option<String>,
    /// What its last attempt failed with.
    pub error: Option<String>,
}

impl JobProgress {
    /// Of a job as it stands.
    #[must_use]
    pub fn of(job: Job) -> Self {
        let progress = job.progress;
        let (done, total) = progress.as_ref().map_or((0, None), |progress| (progress.done, progress.total));
        Self {
            job_id: job.id,
            state: job.state,
            attempt: job.attempt,
            done,
            total,
            percent: total.map(|total| percent(done, total)),
            eta: progress.as_ref().and_then(|progress| progress.eta).map(|eta| eta.to_string()),
            unit: progress.map(|progress| progress.unit),
            message: job.log.into_iter().last(),
            error: job.error,
        }
    }

    /// Whether nothing more will be told.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.state.is_end()
    }
}

/// In tenths, so that a change that nobody sees is none.
#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn percent(done: u64, total: u64) -> f64 {
    if total == 0 { 100.0 } else { (done.min(total) as f64 / total as f64 * 1_000.0).floor() / 10.0 }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_share_is_between_nothing_and_all() {
        for (done, total, expected) in
            [(0, 3, 0.0), (1, 3, 33.3), (2, 3, 66.6), (3, 3, 100.0), (4, 3, 100.0), (0, 0, 100.0)]
        {
            assert!((percent(done, total) - expected).abs() < 1e-9, "{done} of {total}");
        }
    }
}
