//! `GET /api/v1/jobs/{job_id}/progress`: a job as it goes on, as server-sent events.
//!
//! Source: WHATWG HTML, "Server-sent events". An event's `id` names what it says, so that who comes back with `Last-Event-ID` is
//! told only of what has changed since.

use std::convert::Infallible;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::StreamExt as _;
use http_edge::{Access, Caller, Operation, Part, Problem, Standing};
use jobs::JobId;
use kernel::Permission;

use super::JobProgress;
use crate::{Spine, Told};

const LAST_EVENT_ID: &str = "last-event-id";
/// Reverse proxies that gather answers let this one through.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

pub(super) fn operation(spine: &Spine) -> Operation {
    Operation::get("watch_job", "/api/v1/jobs/{job_id}/progress", Access::Needs(Permission::JobsRead))
        .about(
            "Watch a job",
            "Server-sent events: `progress` when something has changed, `done` when the job has ended, which is the last one. Their data \
             is JSON. With `Last-Event-ID` only what has changed since is told. A comment comes every 15 seconds. The stream ends when \
             the caller may no longer see the job, and when the server stops; come back then.",
        )
        .streams::<JobProgress>()
        .by(watch_job, spine)
}

async fn watch_job(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Part(id): Part<JobId>,
    standing: Standing,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let seen = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let told = spine.watch_job(&actor, id, (standing, seen)).await?;
    let heartbeat = KeepAlive::new().interval(spine.live.limits().heartbeat).text("still here");
    Ok(([UNBUFFERED], Sse::new(told.map(|told| Ok::<_, Infallible>(event(told)))).keep_alive(heartbeat)))
}

fn event(told: Told) -> Event {
    let name = if told.progress.is_end() { "done" } else { "progress" };
    Event::default().event(name).id(told.id).data(told.data)
}
