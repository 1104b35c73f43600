//! `POST /api/v1/dead-letters/{subscriber}/{event_id}/discard`: gives up a dead letter, so that what waits behind it goes on.

use axum::{extract::State, http::StatusCode};
use eventlog::EventId;
use http_edge::{Access, Caller, Operation, Part, Problem};
use kernel::Permission;

use crate::Spine;

pub(super) fn operation(spine: &Spine) -> Operation {
    let path = "/api/v1/dead-letters/{subscriber}/{event_id}/discard";
    Operation::post("discard_dead_letter", path, Access::Needs(Permission::DeadLettersManage))
        .about("Give up a dead letter", "The subscriber goes on with what waits behind it.")
        .by(discard_dead_letter, spine)
}

async fn discard_dead_letter(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Part((subscriber, event)): Part<(String, EventId)>,
) -> Result<StatusCode, Problem> {
    actor.require(Permission::DeadLettersManage)?;
    spine.letters.discard(actor.workspace, &subscriber, event).await?;
    Ok(StatusCode::NO_CONTENT)
}
