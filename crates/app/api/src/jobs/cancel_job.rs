//! `POST /api/v1/jobs/{job_id}/cancel`: asks a job to end; one that runs may still succeed.

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Caller, Operation, Part, Problem};
use jobs::JobId;
use kernel::Permission;

use super::JobForm;
use crate::Spine;

pub(super) fn operation(spine: &Spine) -> Operation {
    Operation::post("cancel_job", "/api/v1/jobs/{job_id}/cancel", Access::Needs(Permission::JobsManage))
        .about("Ask a job to end", "One that waits ends at once; one that runs is told, and may still succeed. One that has ended stays as it is.")
        .answers::<JobForm>(StatusCode::OK)
        .by(cancel_job, spine)
}

async fn cancel_job(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Part(id): Part<JobId>,
) -> Result<Json<JobForm>, Problem> {
    actor.require(Permission::JobsManage)?;
    spine.jobs.cancel(actor.workspace, id).await?;
    Ok(Json(spine.jobs.get(actor.workspace, id).await?.into()))
}
