//! `GET /api/v1/dead-letters`: facts that a subscriber could not handle, in pages.

use axum::{extract::State, http::StatusCode};
use http_edge::{Access, Asked, Caller, Field, Kind, List, Listed, Operation, Params, Problem};
use kernel::Permission;
use schemars::JsonSchema;
use serde::Deserialize;

use super::LetterForm;
use crate::{Spine, form::page};

const FIELDS: &[Field] = &[
    Field::new("subscriber", Kind::Text),
    Field::new("event_id", Kind::Text),
    Field::new("stream", Kind::Text),
    Field::new("version", Kind::Number),
    Field::new("fact_type", Kind::Text),
    Field::new("attempts", Kind::Number),
    Field::new("failed_at", Kind::Time),
    Field::new("error", Kind::Text),
    Field::new("edited", Kind::Flag),
    Field::new("parked", Kind::Number),
];

pub(super) fn operation(spine: &Spine) -> Operation {
    Operation::get("list_dead_letters", "/api/v1/dead-letters", Access::Needs(Permission::DeadLettersRead))
        .about("List facts that a subscriber could not handle, the oldest first", "")
        .query::<Query>()
        .lists(FIELDS)
        .answers::<List<LetterForm>>(StatusCode::OK)
        .by(list_dead_letters, spine)
}

/// Which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    filter: Option<String>,
    fields: Option<String>,
    /// At most so many, 1 to 500; 50 where it is left out.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn list_dead_letters(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Params(query): Params<Query>,
) -> Result<Listed<LetterForm>, Problem> {
    actor.require(Permission::DeadLettersRead)?;
    let asked = Asked::of(FIELDS, query.filter.as_deref(), None, query.fields.as_deref())?;
    let request = page(query.limit, query.cursor.as_deref())?;
    let (letters, workspace) = (&spine.letters, actor.workspace);
    asked.gather(request, |page| async move { letters.list(workspace, &page).await }, LetterForm::from).await
}
