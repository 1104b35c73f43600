//! `GET /api/v1/events`: events of the log or of one stream, in pages.

use axum::{extract::State, http::StatusCode};
use eventlog::{LogError, Recorded};
use http_edge::{Access, Asked, Caller, Field, Kind, List, Listed, Operation, Params, Problem};
use kernel::{Actor, Cursor, Page, PageRequest, Permission};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{EventForm, may_see};
use crate::{Spine, form::page};

/// Names of the lists in their cursors.
const LOG: &str = "events.list";
const STREAM: &str = "events.list_stream";
/// Events of the log that one call looks at, at most: where others' events lie between, a page is shorter and goes on.
const LOOKED_AT: u32 = 1_000;

const FIELDS: &[Field] = &[
    Field::new("id", Kind::Text),
    Field::new("stream", Kind::Text),
    Field::new("version", Kind::Number),
    Field::new("type", Kind::Text),
    Field::new("schema_version", Kind::Number),
    Field::shown("payload"),
    Field::new("fact_type", Kind::Text),
    Field::new("actor", Kind::Text),
    Field::new("correlation_id", Kind::Text),
    Field::new("causation_id", Kind::Text),
    Field::new("occurred_at", Kind::Time),
    Field::new("recorded_at", Kind::Time),
];

pub(super) fn operation(spine: &Spine) -> Operation {
    Operation::get("list_events", "/api/v1/events", Access::Needs(Permission::EventsRead))
        .about("List events, the oldest first", "A page may be shorter than asked for and still have a `next_cursor`. An event is listed once it is sealed, within a moment; those of one `stream` are listed at once. Those of the audit and of API keys need `audit:read` and `keys:manage` as well.")
        .query::<Query>()
        .lists(FIELDS)
        .answers::<List<EventForm>>(StatusCode::OK)
        .by(list_events, spine)
}

/// Which events.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Only those of this stream, `context.aggregate.id`.
    stream: Option<String>,
    filter: Option<String>,
    fields: Option<String>,
    /// At most so many, 1 to 500; 50 where it is left out.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn list_events(
    State(spine): State<Spine>,
    Caller(actor): Caller,
    Params(query): Params<Query>,
) -> Result<Listed<EventForm>, Problem> {
    actor.require(Permission::EventsRead)?;
    let asked = Asked::of(FIELDS, query.filter.as_deref(), None, query.fields.as_deref())?;
    let within = asked.filter().and_then(|filter| filter.equal_to("stream"));
    let stream = query.stream.as_deref().or(within);
    let request = page(query.limit, query.cursor.as_deref())?;
    let (spine, actor) = (&spine, &actor);
    asked.gather(request, |page| read(spine, (actor, stream), page), EventForm::from).await
}

async fn read(
    spine: &Spine,
    (actor, stream): (&Actor, Option<&str>),
    request: PageRequest,
) -> Result<Page<Recorded>, Problem> {
    let name = if stream.is_some() { STREAM } else { LOG };
    let after = match request.after() {
        // A cursor that was made by hand begins somewhere else, and harms nobody.
        Some(cursor) => cursor.position(name)?.try_into().map_or(0, u64::from_be_bytes),
        None => 0,
    };
    Ok(match stream {
        Some(stream) => of_stream(spine, (actor, stream), (after, &request)).await?,
        None => of_log(spine, actor, (after, &request)).await?,
    })
}

async fn of_stream(
    spine: &Spine,
    (actor, stream): (&Actor, &str),
    (after, request): (u64, &PageRequest),
) -> Result<Page<Recorded>, LogError> {
    if !may_see(actor, stream) {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let mut items = spine.log.stream(actor.workspace, stream, after).await?;
    let is_more = items.len() > request.limit() as usize;
    items.truncate(request.limit() as usize);
    let next = items.last().filter(|_| is_more).map(|last| Cursor::new(STREAM, &last.version.to_be_bytes()));
    Ok(Page { items, next })
}

async fn of_log(
    spine: &Spine,
    actor: &Actor,
    (after, request): (u64, &PageRequest),
) -> Result<Page<Recorded>, LogError> {
    let read = spine.log.after(after, LOOKED_AT).await?;
    let end = read.last().map_or(after, |last| last.position);
    let most = request.limit() as usize;
    let mut items: Vec<Recorded> = read
        .into_iter()
        .filter(|event| event.workspace == actor.workspace && may_see(actor, &event.stream))
        .take(most + 1)
        .collect();
    let is_more = items.len() > most;
    items.truncate(most);
    let goes_on =
        if is_more { items.last().map(|last| last.position) } else { (spine.log.head().await? > end).then_some(end) };
    Ok(Page { items, next: goes_on.map(|position| Cursor::new(LOG, &position.to_be_bytes())) })
}
