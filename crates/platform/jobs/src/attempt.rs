//! One attempt: the handler, its time limit, its panics, and what becomes of the job.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;

use crate::{
    Context, Failure, Jobs, Retry,
    ending::{Ending, Outcome},
    handler::Kinds,
    new::later,
};

/// Runs a handler to its end. Never fails itself.
pub(crate) async fn attempt(jobs: &Jobs, kinds: &Kinds, context: &Context) -> Ending {
    let job = context.claimed();
    let done = if context.is_cancelled() {
        Err(Failure::new("cancelled before it began", Retry::BackOff))
    } else {
        run(kinds, context).await
    };
    let outcome = match done {
        Ok(()) => Outcome::Succeeded { result: context.take_result() },
        Err(_) if context.is_cancelled() => Outcome::Cancelled,
        Err(Failure { error, retry: Retry::Never }) => Outcome::Dead { error },
        Err(Failure { retry: Retry::Wait(wait), .. }) => Outcome::GivenBack { run_at: later(jobs.now(), wait) },
        Err(Failure { error, retry }) => {
            let tried = (job.attempt, job.max_attempts);
            let (now, share) = (jobs.now(), jobs.source().share());
            match (retry, kinds.after_failure(&job.kind, tried, (error, now, share))) {
                (Retry::After(wait), Outcome::Failed { error, .. }) => {
                    Outcome::Failed { error, run_at: later(now, wait) }
                }
                (_, outcome) => outcome,
            }
        }
    };
    Ending { lease: job.lease, batch: job.batch, outcome }
}

async fn run(kinds: &Kinds, context: &Context) -> Result<(), Failure> {
    let kind = &context.claimed().kind;
    let Some(handler) = kinds.get(kind) else {
        return Err(Failure::new(format!("no handler for `{kind}`"), Retry::BackOff));
    };
    let limit = handler.limits().timeout;
    // Within the guard from the first step on: `run` itself may panic before it gives a future.
    let guarded = AssertUnwindSafe(async { handler.run(context.clone()).await }).catch_unwind();
    match tokio::time::timeout(limit, guarded).await {
        Ok(Ok(done)) => done,
        Ok(Err(panic)) => Err(Failure::new(format!("the handler panicked: {}", said(&*panic)), Retry::BackOff)),
        Err(_) => Err(Failure::new(format!("it took longer than {}", shown(limit)), Retry::BackOff)),
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}

fn shown(limit: Duration) -> String {
    format!("{limit:?}")
}
