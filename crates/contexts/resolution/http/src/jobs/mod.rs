//! Long work: runs and evaluations. Each may run twice, for it only reads before the transaction that ends it.

mod evaluate;
mod perform_run;

use std::time::Duration;

use ::jobs::{BackOff, Context, KindLimits};
use resolution::{Progress, Watch};

pub(crate) use evaluate::{EVALUATE, Evaluate, Evaluation};
pub(crate) use perform_run::{PERFORM_RUN, PerformRun};

use crate::ServedError;

/// One at a time, for each uses all cores and holds its records in memory.
const LIMITS: KindLimits = KindLimits {
    max_attempts: 3,
    concurrency: Some(1),
    timeout: Duration::from_hours(6),
    back_off: BackOff { first: Duration::from_secs(5), most: Duration::from_mins(5) },
    rate: None,
};

/// Does the work on a thread of its own, and tells the job how far it is.
async fn compute<T: Send + 'static>(
    context: &Context,
    work: impl FnOnce(&Watch<'_>) -> Result<T, ServedError> + Send + 'static,
) -> Result<T, ServedError> {
    let told = context.clone();
    let computed = tokio::task::spawn_blocking(move || {
        let listener = |progress: Progress| match progress {
            Progress::Entered(step) => told.log(step.name()),
            Progress::Compared { pairs, of } => told.progress(pairs, Some(of), "pairs"),
        };
        work(&Watch::new(told.cancel(), &listener))
    });
    computed.await?
}
