//! `POST /api/v1/jobs/{job_id}/discard`: gives up a dead letter of the queue.

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Caller, Operation, Part, Problem};
use jobs::JobId;
use kernel::Permission;

use super::JobForm;
use crate::Spine;

pub(super) fn operation(spine: &Spine) -> Operation {
    Operation::post("discard_job", "/api/v1/jobs/{job_id}/discard", Access::Needs(Permission::JobsManage))
        .about("Give up a dead letter", "It stays in the list, as cancelled.")
        .answers::<JobForm>(StatusCode::OK)
        .by(discard_job, spine)
}

async fn discard_job(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Part(id): Part<JobId>,
) -> Result<Json<JobForm>, Problem> {
    actor.require(Permission::JobsManage)?;
    spine.jobs.discard(actor.workspace, id).await?;
    Ok(Json(spine.jobs.get(actor.workspace, id).await?.into()))
}
