//! Entity resolution over the assets of a project, served: runs and evaluations as jobs, what runs decided in pages, and the reasons
//! for a pair.
//!
//! Invariants: records come from assets of the caller's workspace, never from a file that a caller names, and models are those that
//! come with the program; what a run decided is seen when it is there as a whole, and a run that is done twice decides once.
//!
//! A run is a job, and its id is that of the job: state, progress and cancellation are those of the queue. Absent on purpose: values
//! of records in results and in errors of jobs, which are stored in the open; ids of records are kept for the newest runs only.

mod error;
mod form;
mod http;
mod jobs;
mod module;
mod results;
mod task;

use std::sync::Arc;

use ::jobs::Jobs;
use contracts::lakehouse::ReadAssets;
use eventlog::EventLog;
use http_edge::Operation;
use tokio::sync::Semaphore;

pub use error::ServedError;
pub use module::module;

use results::Results;

/// Explanations that are computed at once in this process; others wait for their turn within their time.
const MOST_EXPLAINED_AT_ONCE: usize = 2;

/// What the operations ask.
#[derive(Debug, Clone)]
pub struct Served {
    assets: Arc<dyn ReadAssets>,
    jobs: Jobs,
    results: Results,
    explaining: Arc<Semaphore>,
}

impl Served {
    /// Resolution over these assets; its runs are jobs of this queue.
    #[must_use]
    pub fn new(assets: Arc<dyn ReadAssets>, log: &EventLog, jobs: &Jobs) -> Self {
        let results = Results::of(log.database().clone());
        let explaining = Arc::new(Semaphore::new(MOST_EXPLAINED_AT_ONCE));
        Self { assets, jobs: jobs.clone(), results, explaining }
    }

    /// All operations of resolution.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        http::operations(self)
    }
}
