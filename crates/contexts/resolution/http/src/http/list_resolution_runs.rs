//! `GET /api/v1/resolution-runs`: the runs of a workspace, in pages, the newest first unless asked otherwise.

use ::jobs::{Filter, Order};
use axum::{extract::State, http::StatusCode};
use http_edge::{Access, Asked, Caller, Direction, Field, Kind, List, Listed, Operation, Params, Problem};
use kernel::{Page, Permission};
use schemars::JsonSchema;
use serde::Deserialize;

use super::page;
use crate::{Served, ServedError, form::RunForm, jobs::PERFORM_RUN};

const STATES: &[&str] = &["queued", "running", "failed", "succeeded", "cancelled", "dead"];
/// The order of the list is that of this field.
const REQUESTED_AT: &str = "requested_at";
const FIELDS: &[Field] = &[
    Field::new("id", Kind::Text),
    Field::new("state", Kind::Word(STATES)),
    Field::shown("task"),
    Field::new(REQUESTED_AT, Kind::Time).sorts(),
    Field::new("started_at", Kind::Time),
    Field::new("ended_at", Kind::Time),
    Field::shown("summary"),
    Field::new("error", Kind::Text),
];

pub(super) fn operation(served: &Served) -> Operation {
    Operation::get("list_resolution_runs", "/api/v1/resolution-runs", Access::Needs(Permission::ResolutionRead))
        .about("List runs of entity resolution, the newest first", "For as long as the queue keeps their jobs.")
        .query::<Query>()
        .lists(FIELDS)
        .answers::<List<RunForm>>(StatusCode::OK)
        .by(list_resolution_runs, served)
}

/// Which runs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    filter: Option<String>,
    sort: Option<String>,
    fields: Option<String>,
    /// At most so many, 1 to 500; 50 where it is left out.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn list_resolution_runs(
    State(served): State<Served>,
    Caller(actor): Caller,
    Params(query): Params<Query>,
) -> Result<Listed<RunForm>, Problem> {
    actor.require(Permission::ResolutionRead)?;
    let asked = Asked::of(FIELDS, query.filter.as_deref(), query.sort.as_deref(), query.fields.as_deref())?;
    let state = asked.filter().and_then(|filter| filter.equal_to("state")).and_then(::jobs::State::parse);
    let order = match asked.sort().by(REQUESTED_AT, Direction::Falling) {
        Direction::Falling => Order::NewestFirst,
        Direction::Rising => Order::OldestFirst,
    };
    let filter = &Filter { state, kind: Some(PERFORM_RUN.to_owned()), order, ..Filter::default() };
    let request = page((query.limit, query.cursor.as_deref()))?;
    let (jobs, workspace) = (&served.jobs, actor.workspace);
    let read = |request| async move {
        let found = jobs.list(workspace, filter, &request).await?;
        let items = found.items.into_iter().map(RunForm::try_from).collect::<Result<_, _>>()?;
        Ok::<Page<RunForm>, ServedError>(Page { items, next: found.next })
    };
    asked.gather(request, read, std::convert::identity).await
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_states_are_those_of_jobs() {
        let states: Vec<_> = jobs::State::ALL.iter().map(|state| state.name()).collect();
        assert_eq!(super::STATES, states);
    }
}
