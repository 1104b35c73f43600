//! `GET /api/v1/resolution-runs/{run_id}/links`: the links that a run over two assets has made.

use ::jobs::JobId;
use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Caller, List, Operation, Params, Part, Problem};
use kernel::Permission;

use super::{PageParams, items};
use crate::{Served, form::LinkForm};

/// What is listed.
pub(super) const LINKS: &str = "links";

pub(super) fn operation(served: &Served) -> Operation {
    let path = "/api/v1/resolution-runs/{run_id}/links";
    Operation::get("list_resolution_links", path, Access::Needs(Permission::ResolutionRead))
        .about("List the links of a run, the most certain first", "Kept for the newest 20 runs of a workspace.")
        .query::<PageParams>()
        .answers::<List<LinkForm>>(StatusCode::OK)
        .by(list_resolution_links, served)
}

async fn list_resolution_links(
    State(served): State<Served>,
    Caller(actor): Caller,
    Part(id): Part<JobId>,
    Params(query): Params<PageParams>,
) -> Result<Json<List<LinkForm>>, Problem> {
    Ok(Json(items(&served, &actor, (id, LINKS, query)).await?))
}
