//! `POST /api/v1/resolution-evaluations`: how good groups or links are beside the truth, as a job of the queue.

use axum::{extract::State, http::StatusCode};
use http_edge::{Access, Body, Budget, Caller, Operation, Problem};
use kernel::Permission;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Accepted, Started, enqueue};
use crate::{
    Served,
    jobs::{EVALUATE, Evaluation},
    task::{Known, Task},
};

pub(super) fn operation(served: &Served) -> Operation {
    let path = "/api/v1/resolution-evaluations";
    Operation::post("start_resolution_evaluation", path, Access::Needs(Permission::ResolutionRun))
        .about(
            "Measure entity resolution beside a known truth",
            "A job of the queue, at `Location`: its `result` has precision, recall and F1 at the model's threshold and at the best one. It \
             also needs `lakehouse:query`. The truth is no evidence.",
        )
        .budget(Budget::Heavy)
        .body::<Measure>()
        .answers::<Started>(StatusCode::ACCEPTED)
        .by(start_resolution_evaluation, served)
}

/// What is measured.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "MeasureResolution")]
#[serde(deny_unknown_fields)]
struct Measure {
    /// What is resolved.
    task: Task,
    /// What is true.
    truth: Known,
}

async fn start_resolution_evaluation(
    State(served): State<Served>,
    Caller(actor): Caller,
    Body(Measure { task, truth }): Body<Measure>,
) -> Result<Accepted, Problem> {
    enqueue(&served, &actor, (EVALUATE, &Evaluation { task, truth }, "/api/v1/jobs")).await
}
