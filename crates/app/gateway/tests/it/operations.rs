//! Operations that are made up, one for each thing that a layer has to meet.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Json,
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use http_edge::{
    Access, Body as JsonBody, Budget, Caller, Correlation, From, Operation, Part, Problem, Repeated, Standing,
    Versioned,
};
use kernel::Permission;
use serde_json::{Value, json};
use tokio::sync::Notify;

/// What handlers share with a test.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// How often a write was done.
    pub(crate) writes: AtomicU32,
    /// Lets `wait` go on.
    pub(crate) leave: Notify,
    /// Keys that an operation that is `once` has seen, as its transaction would.
    pub(crate) seen: std::sync::Mutex<std::collections::HashMap<String, u32>>,
    /// The status that `flaky` answers with.
    pub(crate) flaky: AtomicU32,
}

type Shared = axum::extract::State<Arc<State>>;

const BIG: usize = 20_000;

async fn add(state: Shared, JsonBody(body): JsonBody<Value>) -> (StatusCode, Json<Value>) {
    let count = state.writes.fetch_add(1, Ordering::SeqCst) + 1;
    (StatusCode::CREATED, Json(json!({ "count": count, "name": body["name"] })))
}

/// As a command with `eventlog::Once`: the first write with a key is the only one.
async fn add_once(state: Shared, Repeated(key): Repeated) -> (StatusCode, Json<Value>) {
    let key = key.map(|key| key.key).unwrap_or_default();
    let mut seen = state.seen.lock().expect("whole");
    let count = *seen.entry(key).or_insert_with(|| state.writes.fetch_add(1, Ordering::SeqCst) + 1);
    let status = StatusCode::from_u16(u16::try_from(state.flaky.load(Ordering::SeqCst)).expect("small"));
    (status.unwrap_or(StatusCode::CREATED), Json(json!({ "count": count })))
}

async fn flaky(state: Shared) -> StatusCode {
    state.writes.fetch_add(1, Ordering::SeqCst);
    StatusCode::from_u16(u16::try_from(state.flaky.load(Ordering::SeqCst)).expect("small")).unwrap_or(StatusCode::OK)
}

async fn wait(state: Shared) -> Json<Value> {
    state.writes.fetch_add(1, Ordering::SeqCst);
    state.leave.notified().await;
    Json(json!({ "waited": true }))
}

/// What a handler is told of a request.
async fn echo(Caller(actor): Caller, From(address): From, correlation: Correlation, headers: HeaderMap) -> Json<Value> {
    let names: Vec<_> = headers.keys().map(ToString::to_string).collect();
    Json(json!({
        "who": actor.who.to_string(), "address": address, "headers": names,
        "request_id": correlation.request_id.as_deref(), "traceparent": correlation.traceparent.as_deref(),
    }))
}

/// Events for longer than its time to answer, each with what the caller's standing is by then.
async fn watch(standing: Standing) -> impl IntoResponse {
    let tell = move |standing: Standing| async move {
        tokio::time::sleep(Duration::from_millis(40)).await;
        let told = if standing.check().await.is_ok() { "data: may\n\n" } else { "data: may not\n\n" };
        Some((Ok::<_, Infallible>(told), standing))
    };
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(futures::stream::unfold(standing, tell)))
}

fn big() -> Json<Value> {
    Json(json!({ "text": "a".repeat(BIG) }))
}

async fn panics() -> StatusCode {
    panic!("a handler breaks")
}

async fn length(bytes: Bytes) -> String {
    bytes.len().to_string()
}

/// All of them.
pub(crate) fn operations(state: &Arc<State>) -> Vec<Operation> {
    let read = Access::Needs(Permission::EventsRead);
    let manage = Access::Needs(Permission::JobsManage);
    let v1 = |id, path, access| Operation::get(id, path, access);
    let mut all = reads(state, read);
    all.extend([
        Operation::post("add_thing", "/api/v1/things", manage).by(add, state),
        Operation::post("add_once", "/api/v1/once", manage).once().by(add_once, state),
        Operation::post("do_flaky", "/api/v1/flaky", manage).by(flaky, state),
        Operation::post("wait_for_leave", "/api/v1/wait", manage).by(wait, state),
        Operation::post("make_secret", "/api/v1/secrets", manage).secret().by(
            async |state: Shared| {
                state.writes.fetch_add(1, Ordering::SeqCst);
                big()
            },
            state,
        ),
        Operation::post("upload_file", "/api/v1/files", manage).body_up_to(5_000).by(length, state),
        Operation::post("sign_in", "/api/v1/sessions", Access::Public)
            .budget(Budget::SignIn)
            .by(async || "signed in", state),
        Operation::delete("remove_thing", "/api/v1/things/{thing_id}", manage)
            .by(async || StatusCode::NO_CONTENT, state),
        Operation::patch("change_thing", "/api/v1/things/{thing_id}", Access::SignedIn)
            .by(async |JsonBody(_): JsonBody<Value>| StatusCode::NO_CONTENT, state),
        v1("show_large_secret", "/api/v1/large-secret", read).secret().by(async || big(), state),
    ]);
    all
}

fn reads(state: &Arc<State>, read: Access) -> Vec<Operation> {
    vec![
        Operation::get("list_things", "/api/v1/things", read).by(async || Json(json!({ "items": [] })), state),
        Operation::get("show_thing", "/api/v1/things/{thing_id}", Access::SignedIn)
            .by(async |Part(id): Part<String>| Versioned(7, json!({ "id": id })), state),
        Operation::get("show_public", "/api/v1/public", Access::Public)
            .by(async || Json(json!({ "open": true })), state),
        Operation::get("show_echo", "/api/v1/echo", Access::SignedIn).by(echo, state),
        Operation::get("show_large", "/api/v1/large", read).by(async || big(), state),
        Operation::get("show_cookie", "/api/v1/cookie", read)
            .by(async || ([(header::SET_COOKIE, "a=1")], big()), state),
        Operation::get("run_panics", "/api/v1/panics", read).by(panics, state),
        Operation::get("run_slowly", "/api/v1/slowly", read).within(Duration::from_millis(50)).by(
            async || {
                tokio::time::sleep(Duration::from_mins(1)).await;
                "late"
            },
            state,
        ),
        Operation::get("watch_things", "/api/v1/watched", read)
            .streams::<u32>()
            .within(Duration::from_millis(50))
            .by(watch, state),
        Operation::get("run_heavily", "/api/v1/heavily", read).budget(Budget::Heavy).by(async || "done", state),
        Operation::get("show_refusal", "/api/v1/refusal", Access::Public)
            .by(async || -> Result<Body, Problem> { Err(http_edge::HttpError::OtherVersion.into()) }, state),
    ]
}
