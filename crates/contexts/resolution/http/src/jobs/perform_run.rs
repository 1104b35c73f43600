//! The job `resolution.perform_run`: groups the records of an asset, or links those of two.

use std::sync::Arc;

use ::jobs::{Context, Failure, Handler, KindLimits};
use contracts::lakehouse::ReadAssets;
use futures::{FutureExt, future::BoxFuture};

use super::{LIMITS, compute};
use crate::{
    ServedError,
    form::decided,
    results::{Results, finish},
    task::{MOST_RECORDS, Task},
};

/// Of the job.
pub(crate) const PERFORM_RUN: &str = "resolution.perform_run";

/// Does runs.
pub(crate) struct PerformRun(pub(crate) Arc<dyn ReadAssets>);

impl Handler for PerformRun {
    fn kind(&self) -> &'static str {
        PERFORM_RUN
    }

    fn limits(&self) -> KindLimits {
        LIMITS
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move { self.perform(&context).await.map_err(|error| error.failure()) }.boxed()
    }
}

impl PerformRun {
    async fn perform(&self, context: &Context) -> Result<(), ServedError> {
        let task: Task = context.args().await?;
        let ready = task.read(&self.0, context.workspace(), (MOST_RECORDS, context.cancel())).await?;
        let (items, summary) = compute(context, move |watch| decided(ready.run(watch)?)).await?;
        Results::of(context.facts().database().clone()).write(context, items).await?;
        context.result(&summary).await?;
        let (run, now) = (context.job(), context.facts().source().clock.now());
        context.complete_in(move |tx| finish(tx, run, now).boxed()).await
    }
}
