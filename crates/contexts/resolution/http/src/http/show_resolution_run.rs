//! `GET /api/v1/resolution-runs/{run_id}`: a run, how it stands and its counts.

use ::jobs::JobId;
use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Caller, Operation, Part, Problem};
use kernel::Permission;

use super::run;
use crate::{Served, form::RunForm};

pub(super) fn operation(served: &Served) -> Operation {
    let path = "/api/v1/resolution-runs/{run_id}";
    Operation::get("show_resolution_run", path, Access::Needs(Permission::ResolutionRead))
        .about("Show a run of entity resolution", "How far it is, its job says.")
        .answers::<RunForm>(StatusCode::OK)
        .by(show_resolution_run, served)
}

async fn show_resolution_run(
    State(served): State<Served>,
    Caller(actor): Caller,
    Part(id): Part<JobId>,
) -> Result<Json<RunForm>, Problem> {
    Ok(Json(RunForm::try_from(run(&served, &actor, id).await?)?))
}
