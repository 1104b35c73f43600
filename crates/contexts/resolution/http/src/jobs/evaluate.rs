//! The job `resolution.evaluate`: a task beside the truth. What it measured is the job's result.

use std::sync::Arc;

use ::jobs::{Context, Failure, Handler, KindLimits};
use contracts::lakehouse::ReadAssets;
use futures::{FutureExt, future::BoxFuture};
use serde::{Deserialize, Serialize};

use super::{LIMITS, compute};
use crate::{
    ServedError,
    task::{Known, MOST_RECORDS, Task},
};

/// Of the job.
pub(crate) const EVALUATE: &str = "resolution.evaluate";

/// What the job is given.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Evaluation {
    pub(crate) task: Task,
    pub(crate) truth: Known,
}

/// Does evaluations.
pub(crate) struct Evaluate(pub(crate) Arc<dyn ReadAssets>);

impl Handler for Evaluate {
    fn kind(&self) -> &'static str {
        EVALUATE
    }

    fn limits(&self) -> KindLimits {
        LIMITS
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move { self.evaluate(&context).await.map_err(|error| error.failure()) }.boxed()
    }
}

impl Evaluate {
    async fn evaluate(&self, context: &Context) -> Result<(), ServedError> {
        let Evaluation { task, truth } = context.args().await?;
        let limits = (MOST_RECORDS, context.cancel());
        let ready = task.read(&self.0, context.workspace(), limits).await?;
        let truth = truth.read(&self.0, context.workspace(), limits).await?;
        let measured = compute(context, move |watch| ready.measure(&truth, watch)).await?;
        Ok(context.result(&measured).await?)
    }
}
