//! `GET /api/v1/dead-letters/{subscriber}/{event_id}`: a dead letter with its fact, personal fields sealed.

use axum::{Json, extract::State, http::StatusCode};
use eventlog::EventId;
use http_edge::{Access, Caller, Operation, Part, Problem};
use kernel::Permission;

use super::ShownForm;
use crate::Spine;

pub(super) fn operation(spine: &Spine) -> Operation {
    let path = "/api/v1/dead-letters/{subscriber}/{event_id}";
    Operation::get("show_dead_letter", path, Access::Needs(Permission::DeadLettersRead))
        .about("Show a dead letter with its fact", "Personal fields are shown sealed.")
        .answers::<ShownForm>(StatusCode::OK)
        .by(show_dead_letter, spine)
}

async fn show_dead_letter(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Part((subscriber, event)): Part<(String, EventId)>,
) -> Result<Json<ShownForm>, Problem> {
    actor.require(Permission::DeadLettersRead)?;
    Ok(Json(spine.letters.show(actor.workspace, &subscriber, event).await?.into()))
}
