//! `GET /api/v1/dead-letters`: facts that a subscriber could not handle, in pages.

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Caller, List, Operation, Params, Problem};
use kernel::Permission;
use schemars::JsonSchema;
use serde::Deserialize;

use super::LetterForm;
use crate::{Spine, form::page};

pub(super) fn operation(spine: &Spine) -> Operation {
    Operation::get("list_dead_letters", "/api/v1/dead-letters", Access::Needs(Permission::DeadLettersRead))
        .about("List facts that a subscriber could not handle, the oldest first", "")
        .query::<Query>()
        .answers::<List<LetterForm>>(StatusCode::OK)
        .by(list_dead_letters, spine)
}

/// Which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
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
) -> Result<Json<List<LetterForm>>, Problem> {
    actor.require(Permission::DeadLettersRead)?;
    let found = spine.letters.list(actor.workspace, &page(query.limit, query.cursor.as_deref())?).await?;
    Ok(Json(List::of(found, LetterForm::from)))
}
