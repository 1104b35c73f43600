//! `GET /api/v1/runs`: the newest runs, those that run now among them.

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Caller, List, Operation, Params, Problem};
use kernel::Permission;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Served, form::RunForm};

/// Runs of one answer where nobody says.
const DEFAULT_LIMIT: u32 = 20;

pub(crate) fn operation(served: &Served) -> Operation {
    Operation::get("list_runs", "/api/v1/runs", Access::Needs(Permission::LakehouseRead))
        .about(
            "List the newest runs of the project, the newest first",
            "Those that run now are among them. At most 200; older ones are in the event log.",
        )
        .query::<Query>()
        .answers::<List<RunForm>>(StatusCode::OK)
        .by(list_runs, served)
}

/// How many.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// At most so many, 1 to 200; 20 where it is left out.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

async fn list_runs(
    State(served): State<Served>,
    Caller(actor): Caller,
    Params(query): Params<Query>,
) -> Result<Json<List<RunForm>>, Problem> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    kernel::PageRequest::new(limit, None)?;
    let runs = served.open().await?.list_runs(&served.history(actor), limit).await?;
    Ok(Json(List { items: runs.into_iter().map(RunForm::from).collect(), next_cursor: None }))
}
