//! Operations that are made up: one for each thing that GraphQL has to meet. Some bear the names of the product's, because
//! links know those.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::sse::{Event, Sse},
};
use futures::{Stream, stream};
use http_edge::{
    Access, Body, Budget, Caller, Correlation, FieldError, From, HttpError, IfMatch, List, Operation, Params, Part,
    Problem, Versioned,
};
use kernel::{Permission, RunId, uuid::Uuid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How often each handler was asked, and with what.
#[derive(Debug, Default)]
pub(crate) struct Calls(Mutex<Vec<(&'static str, Value)>>);

impl Calls {
    fn note(&self, operation: &'static str, given: Value) {
        self.0.lock().expect("whole").push((operation, given));
    }

    pub(crate) fn of(&self, operation: &str) -> Vec<Value> {
        let all = self.0.lock().expect("whole");
        all.iter().filter(|(name, _)| *name == operation).map(|(_, given)| given.clone()).collect()
    }
}

type Shared = State<Arc<Calls>>;

/// How a thing is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mood {
    InGoodOrder,
    /// It fell.
    Broken,
}

/// A thing.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Thing {
    /// Its id.
    thing_id: RunId,
    name: String,
    mood: Mood,
    /// Counts with 64 bits.
    rows: u64,
    parts: Vec<Thing>,
    free: Value,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ThingBody {
    /// What to call it.
    name: String,
    mood: Option<Mood>,
    first_part: Option<PartBody>,
    rows: Option<u64>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct PartBody {
    part_name: String,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Page {
    /// So many.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    cursor: Option<String>,
    only_mood: Option<Mood>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeadLetter")]
struct Letter {
    event_id: RunId,
    number: u32,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
struct EventForm {
    id: RunId,
    kind: String,
    causation_id: Option<RunId>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
struct Session {
    session_id: RunId,
    workspace_id: RunId,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Workspace")]
struct Workspace {
    workspace_id: RunId,
    name: String,
}

#[derive(Serialize, JsonSchema)]
struct Left {
    left: u32,
}

#[derive(Deserialize, JsonSchema)]
struct Start {
    from: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
struct Token {
    access_token: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    email: String,
}

fn id(number: u8) -> RunId {
    RunId(Uuid::from_bytes([number; 16]))
}

fn thing(number: u8) -> Thing {
    Thing {
        thing_id: id(number),
        name: format!("thing {number}"),
        mood: if number.is_multiple_of(2) { Mood::InGoodOrder } else { Mood::Broken },
        rows: 9_007_199_254_740_993,
        parts: Vec::new(),
        free: json!({ "a_b": [1, null] }),
    }
}

async fn list_things(calls: Shared, Params(page): Params<Page>) -> Json<List<Thing>> {
    let count = page.limit.unwrap_or(3);
    calls.note("list_things", json!(page));
    let items = (1..=count.min(100)).map(|number| thing(u8::try_from(number).expect("small"))).collect();
    Json(List { items, next_cursor: Some("next".to_owned()) })
}

async fn show_thing(calls: Shared, Caller(_): Caller, Part(id): Part<RunId>) -> Result<Versioned<Thing>, Problem> {
    calls.note("show_thing", json!(id));
    match id.0.as_bytes()[0] {
        0xee => Err(HttpError::NoRoute { method: axum::http::Method::GET, path: "/gone".to_owned() }.into()),
        number => Ok(Versioned(7, Thing { parts: vec![thing(8), thing(9)], ..thing(number) })),
    }
}

async fn change_thing(
    calls: Shared,
    Part(id): Part<RunId>,
    IfMatch(version): IfMatch,
    Body(body): Body<ThingBody>,
) -> Result<Versioned<Thing>, Problem> {
    calls.note("change_thing", json!({ "id": id, "version": version, "body": body }));
    if version.is_some_and(|version| version != 7) {
        return Err(HttpError::OtherVersion.into());
    }
    if body.name.is_empty() {
        let empty =
            FieldError { field: "first_part.part_name".to_owned(), code: "invalid", message: "it is empty".to_owned() };
        return Err(Problem::from(HttpError::BadFields).with_errors(vec![empty]).with_retry_after(7));
    }
    Ok(Versioned(8, Thing { name: body.name, ..thing(1) }))
}

async fn list_letters(calls: Shared) -> Json<List<Letter>> {
    calls.note("list_dead_letters", Value::Null);
    // 50 letters of 7 events, one of which is gone.
    let letter = |number: u32| Letter { event_id: id(u8::try_from(number % 7).expect("small")), number };
    Json(List { items: (0..50).map(letter).collect(), next_cursor: None })
}

async fn show_event(calls: Shared, Part(event): Part<RunId>) -> Result<Json<EventForm>, Problem> {
    calls.note("show_event", json!(event));
    match event.0.as_bytes()[0] {
        3 => Err(HttpError::NoRoute { method: axum::http::Method::GET, path: "/gone".to_owned() }.into()),
        number => Ok(Json(EventForm {
            id: event,
            kind: format!("kind {number}"),
            causation_id: (number == 1).then(|| id(2)),
        })),
    }
}

async fn list_sessions(calls: Shared) -> Json<List<Session>> {
    calls.note("list_sessions", Value::Null);
    let session = |number: u8| Session { session_id: id(number), workspace_id: id(number % 3) };
    Json(List { items: (0..50).map(session).collect(), next_cursor: None })
}

async fn list_workspaces(calls: Shared) -> Json<List<Workspace>> {
    calls.note("list_workspaces", Value::Null);
    let workspace = |number: u8| Workspace { workspace_id: id(number), name: format!("workspace {number}") };
    Json(List { items: (0..2).map(workspace).collect(), next_cursor: None })
}

async fn show_echo(
    calls: Shared,
    from: From,
    correlation: Correlation,
    caller: Result<Caller, Problem>,
    headers: HeaderMap,
) -> Json<Value> {
    let names: Vec<_> = headers.keys().map(ToString::to_string).collect();
    calls.note("show_echo", Value::Null);
    Json(json!({
        "address": from.0, "request_id": correlation.request_id.as_deref(), "traceparent": correlation.traceparent.as_deref(),
        "caller": caller.ok().map(|Caller(actor)| actor.who.to_string()), "headers": names,
    }))
}

async fn countdown(calls: Shared, Params(start): Params<Start>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let from = start.from.unwrap_or(3);
    calls.note("follow_countdown", json!(from));
    let next = |left: u32| async move {
        if left == 0 {
            return None;
        }
        // Beyond ten it goes on for a test to end it.
        let pause = if left > 10 { 20 } else { 1 };
        tokio::time::sleep(Duration::from_millis(pause)).await;
        Some((Ok(Event::default().event("tick").data(json!(Left { left }).to_string())), left - 1))
    };
    Sse::new(stream::unfold(from, next))
}

pub(crate) fn operations(calls: &Arc<Calls>) -> Vec<Operation> {
    let read = Access::Needs(Permission::EventsRead);
    let manage = Access::Needs(Permission::JobsManage);
    let mut all = linked(calls, read);
    all.extend([
        Operation::get("list_things", "/api/v1/things", read)
            .about("List things", "In order.")
            .query::<Page>()
            .answers::<List<Thing>>(StatusCode::OK)
            .by(list_things, calls),
        Operation::get("show_thing", "/api/v1/things/{thing_id}", Access::SignedIn)
            .about("Show a thing", "")
            .gives_version()
            .answers::<Thing>(StatusCode::OK)
            .by(show_thing, calls),
        Operation::patch("change_thing", "/api/v1/things/{thing_id}", manage)
            .about("Change a thing", "")
            .takes_version()
            .body::<ThingBody>()
            .answers::<Thing>(StatusCode::OK)
            .by(change_thing, calls),
        Operation::delete("remove_thing", "/api/v1/things/{thing_id}", manage).about("Remove a thing", "").by(
            async |calls: Shared, Part(id): Part<String>| {
                calls.note("remove_thing", json!(id));
                StatusCode::NO_CONTENT
            },
            calls,
        ),
        Operation::put("edit_free", "/api/v1/free", manage)
            .about("Change anything", "")
            .body::<Map<String, Value>>()
            .answers::<BTreeMap<String, Value>>(StatusCode::OK)
            .by(async |Body(body): Body<Map<String, Value>>| Json(body), calls),
        Operation::post("sign_in", "/api/v1/sessions", Access::Public)
            .about("Sign in", "")
            .budget(Budget::SignIn)
            .secret()
            .body::<SignIn>()
            .answers::<Token>(StatusCode::CREATED)
            .by(async |Body(body): Body<SignIn>| Json(Token { access_token: format!("{}-secret", body.email) }), calls),
        Operation::get("show_echo", "/api/v1/echo", Access::Public)
            .about("Say it again", "")
            .answers::<Value>(StatusCode::OK)
            .by(show_echo, calls),
        Operation::get("show_my_echo", "/api/v1/my-echo", Access::SignedIn)
            .about("Say it again to whoever asks", "")
            .answers::<Value>(StatusCode::OK)
            .by(show_echo, calls),
        Operation::post("run_heavily", "/api/v1/heavily", read).about("Do much", "").budget(Budget::Heavy).by(
            async |calls: Shared| {
                calls.note("run_heavily", Value::Null);
                StatusCode::NO_CONTENT
            },
            calls,
        ),
    ]);
    all.extend(odd(calls, read));
    all
}

fn linked(calls: &Arc<Calls>, read: Access) -> Vec<Operation> {
    vec![
        Operation::get("list_dead_letters", "/api/v1/dead-letters", read)
            .about("List letters", "")
            .answers::<List<Letter>>(StatusCode::OK)
            .by(list_letters, calls),
        Operation::get("show_event", "/api/v1/events/{event_id}", read)
            .about("Show an event", "")
            .answers::<EventForm>(StatusCode::OK)
            .by(show_event, calls),
        Operation::get("list_sessions", "/api/v1/sessions", Access::SignedIn)
            .about("List sessions", "")
            .answers::<List<Session>>(StatusCode::OK)
            .by(list_sessions, calls),
        Operation::get("list_workspaces", "/api/v1/workspaces", Access::Needs(Permission::JobsManage))
            .about("List workspaces", "")
            .answers::<List<Workspace>>(StatusCode::OK)
            .by(list_workspaces, calls),
    ]
}

/// What does not go as it should, and what goes on.
fn odd(calls: &Arc<Calls>, read: Access) -> Vec<Operation> {
    vec![
        Operation::get("run_panics", "/api/v1/panics", read).about("Break", "").by(panics, calls),
        Operation::get("run_slowly", "/api/v1/slowly", read).about("Take long", "").by(
            async || {
                tokio::time::sleep(Duration::from_mins(1)).await;
                StatusCode::NO_CONTENT
            },
            calls,
        ),
        Operation::get("show_text", "/api/v1/text", Access::Public)
            .about("A text", "")
            .answers_as("text/plain")
            .by(async || "plain", calls),
        Operation::get("show_large", "/api/v1/large", Access::Public)
            .about("Much", "")
            .answers::<Value>(StatusCode::OK)
            .by(async || Json(json!("a".repeat(100_000))), calls),
        Operation::get("start_sign_on", "/api/v1/sign-on", Access::Public)
            .about("A redirect", "")
            .only_rest()
            .by(async || StatusCode::SEE_OTHER, calls),
        Operation::get("follow_countdown", "/api/v1/countdown", read)
            .about("Count down", "")
            .query::<Start>()
            .streams::<Left>()
            .by(countdown, calls),
    ]
}

async fn panics() -> StatusCode {
    panic!("a handler breaks")
}
