//! `GET /api/v1/jobs`: the jobs of a workspace, in pages, the newest first unless asked otherwise.

use axum::{extract::State, http::StatusCode};
use http_edge::{Access, Asked, Caller, Direction, Field, Kind, List, Listed, Operation, Params, Problem};
use jobs::{Filter, Order};
use kernel::Permission;
use schemars::JsonSchema;
use serde::Deserialize;

use super::JobForm;
use crate::{ApiError, Spine, form::page};

const STATES: &[&str] = &["queued", "running", "failed", "succeeded", "cancelled", "dead"];
/// The order of the list is that of this field.
const ENQUEUED_AT: &str = "enqueued_at";
const FIELDS: &[Field] = &[
    Field::new("id", Kind::Text),
    Field::new("kind", Kind::Text),
    Field::new("state", Kind::Word(STATES)),
    Field::shown("args"),
    Field::new("attempt", Kind::Number),
    Field::new("run_at", Kind::Time),
    Field::new(ENQUEUED_AT, Kind::Time).sorts(),
    Field::new("started_at", Kind::Time),
    Field::new("ended_at", Kind::Time),
    Field::new("cancelling", Kind::Flag),
    Field::shown("progress"),
    Field::shown("log"),
    Field::shown("result"),
    Field::new("error", Kind::Text),
];

pub(super) fn operation(spine: &Spine) -> Operation {
    Operation::get("list_jobs", "/api/v1/jobs", Access::Needs(Permission::JobsRead))
        .about("List jobs, the newest first", "Those in state `dead` are the dead letters of the queue.")
        .query::<Query>()
        .lists(FIELDS)
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
    filter: Option<String>,
    sort: Option<String>,
    fields: Option<String>,
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
) -> Result<Listed<JobForm>, Problem> {
    actor.require(Permission::JobsRead)?;
    let asked = Asked::of(FIELDS, query.filter.as_deref(), query.sort.as_deref(), query.fields.as_deref())?;
    let state =
        query.state.map(|given| jobs::State::parse(&given).ok_or(ApiError::UnknownState { given })).transpose()?;
    // What the indexes can answer; the filter itself decides all the same.
    let within = |field: &str| asked.filter().and_then(|filter| filter.equal_to(field));
    let filter = Filter {
        state: state.or_else(|| within("state").and_then(jobs::State::parse)),
        kind: query.kind.or_else(|| within("kind").map(str::to_owned)),
        order: match asked.sort().by(ENQUEUED_AT, Direction::Falling) {
            Direction::Falling => Order::NewestFirst,
            Direction::Rising => Order::OldestFirst,
        },
        ..Filter::default()
    };
    let request = page(query.limit, query.cursor.as_deref())?;
    let (jobs, filter, workspace) = (&spine.jobs, &filter, actor.workspace);
    asked.gather(request, |page| async move { jobs.list(workspace, filter, &page).await }, JobForm::from).await
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_states_are_those_of_jobs() {
        let states: Vec<_> = jobs::State::ALL.iter().map(|state| state.name()).collect();
        assert_eq!(super::STATES, states);
    }
}
