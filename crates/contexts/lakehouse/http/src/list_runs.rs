//! `GET /api/v1/runs`: the runs of the project, those that run now among them.

use axum::{extract::State, http::StatusCode};
use http_edge::{Access, Asked, Caller, Direction, Field, Kind, List, Listed, Operation, Params, Problem};
use kernel::Permission;
use lakehouse::RunOrder;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Served, form::RunForm, page};

/// Runs of one answer where nobody says: each tells of all of its files, assets and rules.
const USUAL: u32 = 20;
/// The order of the list is that of this field.
const STARTED_AT: &str = "started_at";
const STATES: &[&str] = &["running", "succeeded", "failed", "cancelled", "interrupted"];
const FIELDS: &[Field] = &[
    Field::new("id", Kind::Text),
    Field::new("state", Kind::Word(STATES)),
    Field::new(STARTED_AT, Kind::Time).sorts(),
    Field::new("duration_ms", Kind::Number),
    Field::shown("files"),
    Field::shown("assets"),
    Field::shown("reconciliations"),
    Field::shown("checks"),
];

pub(crate) fn operation(served: &Served) -> Operation {
    Operation::get("list_runs", "/api/v1/runs", Access::Needs(Permission::LakehouseRead))
        .about("List the runs of the project, the newest first", "Those that run now are among them.")
        .query::<Query>()
        .lists(FIELDS)
        .answers::<List<RunForm>>(StatusCode::OK)
        .by(list_runs, served)
}

/// Which runs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    filter: Option<String>,
    sort: Option<String>,
    fields: Option<String>,
    /// At most so many, 1 to 500; 20 where it is left out.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn list_runs(
    State(served): State<Served>,
    Caller(actor): Caller,
    Params(query): Params<Query>,
) -> Result<Listed<RunForm>, Problem> {
    actor.require(Permission::LakehouseRead)?;
    let asked = Asked::of(FIELDS, query.filter.as_deref(), query.sort.as_deref(), query.fields.as_deref())?;
    let request = page((query.limit, query.cursor.as_deref()), USUAL)?;
    let order = match asked.sort().by(STARTED_AT, Direction::Falling) {
        Direction::Falling => RunOrder::NewestFirst,
        Direction::Rising => RunOrder::OldestFirst,
    };
    let (house, history) = (&served.open(&actor).await?, &served.history(&actor));
    asked.gather(request, |request| house.page_runs(history, (order, request)), RunForm::from).await
}
