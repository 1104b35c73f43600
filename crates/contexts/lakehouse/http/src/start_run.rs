//! `POST /api/v1/runs`: a run as a job of the queue; the answer says where to look.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use http_edge::{Access, Body, Budget, Caller, Operation, Problem};
use kernel::Permission;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Served;
use lakehouse::RunRequest;

pub(crate) fn operation(served: &Served) -> Operation {
    Operation::post("start_run", "/api/v1/runs", Access::Needs(Permission::LakehouseRun))
        .about("Load the sources' files and make the selected assets", "A job of the queue: its progress is at `job_url`. What is wrong with the request is found when its turn comes, and is the job's `error`.")
        .budget(Budget::Heavy)
        .body::<StartRun>()
        .answers::<Started>(StatusCode::ACCEPTED)
        .by(start_run, served)
}

/// What to run; `{}` for everything.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StartRun {
    /// dbt's selection, e.g. `+gold.monthly_sales`; left out for all.
    select: Option<String>,
    /// dbt's exclusion.
    exclude: Option<String>,
    /// Rebuild incremental models from all of their inputs.
    #[serde(default)]
    full_refresh: bool,
    /// Run what failed or was not reached in the last run.
    #[serde(default)]
    retry: bool,
}

/// Where to look.
#[derive(Debug, Serialize, JsonSchema)]
struct Started {
    /// The job.
    job_id: jobs::JobId,
    /// Shows it.
    job_url: String,
}

async fn start_run(
    State(served): State<Served>,
    Caller(actor): Caller,
    Body(asked): Body<StartRun>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Started>), Problem> {
    let StartRun { select, exclude, full_refresh, retry } = asked;
    let request = RunRequest { select, exclude, full_refresh, retry, ..RunRequest::default() };
    actor.require(Permission::LakehouseRun)?;
    let job_id = served.open(&actor).await?.enqueue_run(&served.history(&actor), &request).await?;
    let job_url = format!("/api/v1/jobs/{job_id}");
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, job_url.clone())], Json(Started { job_id, job_url })))
}
