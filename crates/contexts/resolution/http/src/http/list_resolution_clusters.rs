//! `GET /api/v1/resolution-runs/{run_id}/clusters`: the groups that a run over one asset has made.

use ::jobs::JobId;
use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Caller, List, Operation, Params, Part, Problem};
use kernel::Permission;

use super::{PageParams, items};
use crate::{Served, form::ClusterForm};

/// What is listed.
pub(super) const CLUSTERS: &str = "clusters";

pub(super) fn operation(served: &Served) -> Operation {
    let path = "/api/v1/resolution-runs/{run_id}/clusters";
    Operation::get("list_resolution_clusters", path, Access::Needs(Permission::ResolutionRead))
        .about("List the clusters of a run, the largest first", "Those of more than one record; a record that is in none is alone. Kept for the newest 20 runs of a workspace.")
        .query::<PageParams>()
        .answers::<List<ClusterForm>>(StatusCode::OK)
        .by(list_resolution_clusters, served)
}

async fn list_resolution_clusters(
    State(served): State<Served>,
    Caller(actor): Caller,
    Part(id): Part<JobId>,
    Params(query): Params<PageParams>,
) -> Result<Json<List<ClusterForm>>, Problem> {
    Ok(Json(items(&served, &actor, (id, CLUSTERS, query)).await?))
}
