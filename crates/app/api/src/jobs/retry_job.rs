//! `POST /api/v1/jobs/{job_id}/retry`: runs a job now, with all its attempts again.

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Caller, Operation, Part, Problem};
use jobs::JobId;
use kernel::Permission;

use super::JobForm;
use crate::Spine;

pub(super) fn operation(spine: &Spine) -> Operation {
    Operation::post("retry_job", "/api/v1/jobs/{job_id}/retry", Access::Needs(Permission::JobsManage))
        .about("Run a job now", "One that waits for its moment or its next attempt, a dead letter, or one that was cancelled. It has all its attempts again.")
        .answers::<JobForm>(StatusCode::OK)
        .by(retry_job, spine)
}

async fn retry_job(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Part(id): Part<JobId>,
) -> Result<Json<JobForm>, Problem> {
    actor.require(Permission::JobsManage)?;
    spine.jobs.retry(actor.workspace, id).await?;
    Ok(Json(spine.jobs.get(actor.workspace, id).await?.into()))
}
