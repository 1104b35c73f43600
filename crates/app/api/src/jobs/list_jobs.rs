//! `GET /api/v1/jobs`: the jobs of a workspace, in pages, the newest first.

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Caller, List, Operation, Params, Problem};
use jobs::Filter;
use kernel::Permission;
use schemars::JsonSchema;
use serde::Deserialize;

use super::JobForm;
use crate::{ApiError, Spine, form::page};

pub(super) fn operation(spine: &Spine) -> Operation {
    Operation::get("list_jobs", "/api/v1/jobs", Access::Needs(Permission::JobsRead))
        .about("List jobs, the newest first", "Those in state `dead` are the dead letters of the queue.")
        .query::<Query>()
        .answers::<List<JobForm>>(StatusCode::OK)
        .by(list_jobs, spine)
}

/// Which jobs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only those in this state.
    state: Option<String>,
    /// Only those of this kind.
    kind: Option<String>,
    /// At most so many, 1 to 500; 50 where it is left out.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn list_jobs(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Params(query): Params<Query>,
) -> Result<Json<List<JobForm>>, Problem> {
    actor.require(Permission::JobsRead)?;
    let state =
        query.state.map(|given| jobs::State::parse(&given).ok_or(ApiError::UnknownState { given })).transpose()?;
    let filter = Filter { state, kind: query.kind, ..Filter::default() };
    let page = page(query.limit, query.cursor.as_deref())?;
    let found = spine.jobs.list(actor.workspace, &filter, &page).await?;
    Ok(Json(List::of(found, JobForm::from)))
}
