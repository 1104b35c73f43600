//! `POST /api/v1/dead-letters/{subscriber}/{event_id}/replay`: has a dead letter tried again, and then what waits behind it.

use axum::{extract::State, http::StatusCode};
use eventlog::EventId;
use http_edge::{Access, Caller, Operation, Part, Problem};
use kernel::Permission;

use crate::Spine;

pub(super) fn operation(spine: &Spine) -> Operation {
    let path = "/api/v1/dead-letters/{subscriber}/{event_id}/replay";
    Operation::post("replay_dead_letter", path, Access::Needs(Permission::DeadLettersManage))
        .about(
            "Have a dead letter tried again",
            "Then what waits behind it goes on. One that fails once more is dead again.",
        )
        .by(replay_dead_letter, spine)
}

async fn replay_dead_letter(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Part((subscriber, event)): Part<(String, EventId)>,
) -> Result<StatusCode, Problem> {
    actor.require(Permission::DeadLettersManage)?;
    spine.letters.replay(actor.workspace, &subscriber, event).await?;
    Ok(StatusCode::NO_CONTENT)
}
