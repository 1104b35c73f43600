//! `POST /api/v1/resolution-runs`: groups the records of an asset, or links those of two, as a job of the queue.

use axum::{extract::State, http::StatusCode};
use http_edge::{Access, Body, Budget, Caller, Operation, Problem};
use kernel::Permission;

use super::{Accepted, Started, enqueue};
use crate::{Served, jobs::PERFORM_RUN, task::Task};

const RUNS: &str = "/api/v1/resolution-runs";

pub(super) fn operation(served: &Served) -> Operation {
    Operation::post("start_resolution_run", RUNS, Access::Needs(Permission::ResolutionRun))
        .about(
            "Find which records are the same thing",
            "A job of the queue: its progress is at `job_url`, the run at `Location`. It also needs `lakehouse:query`. What is wrong with \
             the request is found when its turn comes, and is the run's `error`.",
        )
        .budget(Budget::Heavy)
        .body::<Task>()
        .answers::<Started>(StatusCode::ACCEPTED)
        .by(start_resolution_run, served)
}

async fn start_resolution_run(
    State(served): State<Served>,
    Caller(actor): Caller,
    Body(task): Body<Task>,
) -> Result<Accepted, Problem> {
    enqueue(&served, &actor, (PERFORM_RUN, &task, RUNS)).await
}
