//! The operations, one a file.

mod explain_resolution;
mod list_resolution_clusters;
mod list_resolution_links;
mod list_resolution_runs;
mod show_resolution_run;
mod start_resolution_evaluation;
mod start_resolution_run;

use ::jobs::{Job, JobError, JobId};
use axum::{
    Json,
    http::{HeaderName, StatusCode, header},
};
use http_edge::{List, Operation, Problem};
use kernel::{Actor, Cursor, PageRequest, Permission, WordError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Served, ServedError, jobs::PERFORM_RUN};

pub(crate) fn operations(served: &Served) -> Vec<Operation> {
    vec![
        list_resolution_runs::operation(served),
        start_resolution_run::operation(served),
        show_resolution_run::operation(served),
        list_resolution_clusters::operation(served),
        list_resolution_links::operation(served),
        start_resolution_evaluation::operation(served),
        explain_resolution::operation(served),
    ]
}

/// Which page of a list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PageParams {
    /// At most so many, 1 to 500; 50 where it is left out.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

fn page((limit, cursor): (Option<u32>, Option<&str>)) -> Result<PageRequest, WordError> {
    let after = cursor.map(str::parse::<Cursor>).transpose()?;
    PageRequest::new(limit.unwrap_or(PageRequest::DEFAULT_LIMIT), after)
}

/// Where to look.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ResolutionStarted")]
struct Started {
    /// The job, whose id is that of the run.
    job_id: JobId,
    /// Shows it.
    job_url: String,
}

/// The answer to who has started something.
type Accepted = (StatusCode, [(HeaderName, String); 1], Json<Started>);

/// Enqueues a job, whose result is at `location` followed by its id.
async fn enqueue<T: Serialize>(
    served: &Served,
    actor: &Actor,
    (kind, args, location): (&'static str, &T, &str),
) -> Result<Accepted, Problem> {
    actor.require(Permission::ResolutionRun)?;
    // Ids are values of a column that the caller chooses: who may not read rows may not have them listed.
    actor.require(Permission::LakehouseQuery)?;
    let job = served.jobs.job(actor.workspace, kind, args).await?;
    let job_id = served.jobs.enqueue(job).await?.id();
    let started = Started { job_id, job_url: format!("/api/v1/jobs/{job_id}") };
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, format!("{location}/{job_id}"))], Json(started)))
}

/// A run of the caller's workspace.
async fn run(served: &Served, actor: &Actor, id: JobId) -> Result<Job, ServedError> {
    actor.require(Permission::ResolutionRead)?;
    match served.jobs.get(actor.workspace, id).await {
        Ok(job) if job.kind == PERFORM_RUN => Ok(job),
        Ok(_) | Err(JobError::NotFound { .. }) => Err(ServedError::UnknownRun { id }),
        Err(error) => Err(error.into()),
    }
}

/// A page of what a run decided, where it decided such things.
async fn items<T: DeserializeOwned>(
    served: &Served,
    actor: &Actor,
    (id, what, query): (JobId, &'static str, PageParams),
) -> Result<List<T>, ServedError> {
    let task: crate::task::Task = serde_json::from_slice(&run(served, actor, id).await?.args)?;
    let none = ServedError::NoResults { id, what };
    if task.other.is_some() != (what == list_resolution_links::LINKS) {
        return Err(none);
    }
    let request = page((query.limit, query.cursor.as_deref()))?;
    let found = served.results.page((actor.workspace, id), &request).await?;
    Ok(List::of(found.ok_or(none)?, std::convert::identity))
}
