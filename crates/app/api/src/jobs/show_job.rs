//! `GET /api/v1/jobs/{job_id}`: a job with its progress, its last lines and its result.

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Caller, Operation, Part, Problem};
use jobs::JobId;
use kernel::Permission;

use super::JobForm;
use crate::Spine;

pub(super) fn operation(spine: &Spine) -> Operation {
    Operation::get("show_job", "/api/v1/jobs/{job_id}", Access::Needs(Permission::JobsRead))
        .about("Show a job with its progress, its last lines and its result", "")
        .answers::<JobForm>(StatusCode::OK)
        .by(show_job, spine)
}

async fn show_job(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Part(id): Part<JobId>,
) -> Result<Json<JobForm>, Problem> {
    actor.require(Permission::JobsRead)?;
    Ok(Json(spine.jobs.get(actor.workspace, id).await?.into()))
}
