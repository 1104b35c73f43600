//! `GET /api/v1/events/{event_id}`: one event in full, personal fields sealed.

use axum::{Json, extract::State, http::StatusCode};
use eventlog::EventId;
use http_edge::{Access, Caller, Operation, Part, Problem};
use kernel::Permission;

use super::{EventForm, may_see};
use crate::{ApiError, Spine};

pub(super) fn operation(spine: &Spine) -> Operation {
    Operation::get("show_event", "/api/v1/events/{event_id}", Access::Needs(Permission::EventsRead))
        .about("Show an event", "Personal fields are shown sealed.")
        .answers::<EventForm>(StatusCode::OK)
        .by(show_event, spine)
}

async fn show_event(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Part(id): Part<EventId>,
) -> Result<Json<EventForm>, Problem> {
    actor.require(Permission::EventsRead)?;
    let found = spine.log.event(actor.workspace, id).await?;
    let found = found.filter(|event| may_see(&actor, &event.stream));
    Ok(Json(found.ok_or_else(|| ApiError::UnknownEvent { id: id.to_string() })?.into()))
}
