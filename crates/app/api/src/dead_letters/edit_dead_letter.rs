//! `PUT /api/v1/dead-letters/{subscriber}/{event_id}/fact`: changes what the subscriber will be given; the log stays as it is.

use axum::{Json, extract::State, http::StatusCode};
use eventlog::EventId;
use http_edge::{Access, Body, Caller, Operation, Part, Problem};
use kernel::Permission;
use serde_json::{Map, Value};

use super::ShownForm;
use crate::Spine;

pub(super) fn operation(spine: &Spine) -> Operation {
    let path = "/api/v1/dead-letters/{subscriber}/{event_id}/fact";
    Operation::put("edit_dead_letter", path, Access::Needs(Permission::DeadLettersManage))
        .about(
            "Change what the subscriber will be given",
            "An object of the same `type`; personal fields stay sealed as they are in the original. The log is not changed.",
        )
        .body::<Map<String, Value>>()
        .answers::<ShownForm>(StatusCode::OK)
        .by(edit_dead_letter, spine)
}

async fn edit_dead_letter(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Part((subscriber, event)): Part<(String, EventId)>,
    Body(fact): Body<Map<String, Value>>,
) -> Result<Json<ShownForm>, Problem> {
    actor.require(Permission::DeadLettersManage)?;
    let fact = Value::Object(fact).to_string().into_bytes();
    spine.letters.edit(actor.workspace, (&subscriber, event), fact).await?;
    Ok(Json(spine.letters.show(actor.workspace, &subscriber, event).await?.into()))
}
