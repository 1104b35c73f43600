//! GraphQL over HTTP: one answer, or server-sent events.
//!
//! Sources: GraphQL over HTTP (working draft); graphql-sse, `PROTOCOL.md`, "Distinct connections mode". Invariants: a body
//! is JSON by its type, which no form of a foreign page can send; `GET` runs queries alone.

use axum::{
    body::Bytes,
    extract::{FromRequestParts as _, Request, State, ws::WebSocketUpgrade},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{StreamExt as _, stream};
use http_edge::{HoldsSecret, HttpError, Problem, Root};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{convert::Infallible, sync::Arc};

use crate::{
    GraphQl, GraphqlError,
    accept::{Form, GRAPHQL, JSON, form},
    asker::Asker,
    graphiql,
    graphql::{Answer, Asked, Ready},
    refusal::Refusal,
    settings::millis,
    socket,
};

const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");

/// A request's members, by POST. Others are passed over, as the specification has it.
#[derive(Deserialize)]
struct Sent {
    query: Option<String>,
    #[serde(rename = "documentId")]
    document_id: Option<String>,
    #[serde(rename = "operationName")]
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
    extensions: Option<Map<String, Value>>,
}

/// The same in a query, where maps are JSON in a text.
#[derive(Deserialize)]
struct Named {
    query: Option<String>,
    #[serde(rename = "documentId")]
    document_id: Option<String>,
    #[serde(rename = "operationName")]
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

fn bad(why: &str) -> GraphqlError {
    GraphqlError::BadRequest { why: why.to_owned() }
}

impl Asked {
    /// A request as JSON: the body of a POST, or the payload of a message.
    pub(crate) fn read(value: Value) -> Result<Self, GraphqlError> {
        if value.is_array() {
            return Err(GraphqlError::Batch);
        }
        let sent: Sent = serde_json::from_value(value).map_err(|error| bad(&error.to_string()))?;
        Self::of(sent)
    }

    fn of(sent: Sent) -> Result<Self, GraphqlError> {
        let Sent { query, document_id, operation_name, variables, extensions } = sent;
        let extensions = serde_json::from_value(Value::Object(extensions.unwrap_or_default()));
        Ok(Self {
            query: query.filter(|query| !query.is_empty()),
            document_id,
            operation_name,
            variables: async_graphql::Variables::from_json(Value::Object(variables.unwrap_or_default())),
            extensions: extensions.map_err(|error| bad(&format!("`extensions`: {error}")))?,
        })
    }

    fn of_query(query: &str) -> Result<Self, GraphqlError> {
        let pairs =
            form_urlencoded::parse(query.as_bytes()).map(|(key, value)| (key.into(), Value::String(value.into())));
        let named: Named =
            serde_json::from_value(Value::Object(pairs.collect())).map_err(|error| bad(&error.to_string()))?;
        let map = |name: &str, text: Option<String>| {
            let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
            serde_json::from_str(&text).map_err(|_| bad(&format!("`{name}` is no JSON object")))
        };
        Self::of(Sent {
            query: named.query,
            document_id: named.document_id,
            operation_name: named.operation_name.filter(|name| !name.is_empty()),
            variables: map("variables", named.variables)?,
            extensions: map("extensions", named.extensions)?,
        })
    }
}

/// `GET /graphql`: a query, a stream, a WebSocket, or `GraphiQL`.
pub(crate) async fn get(State(this): State<GraphQl>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let asker = Asker::of(&parts.extensions, &parts.headers);
    if parts.headers.contains_key(header::UPGRADE) {
        return match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
            Ok(upgrade) => socket::open(this, asker, upgrade),
            Err(refused) => refused.into_response(),
        };
    }
    let form = form(&parts.headers);
    let query = parts.uri.query().unwrap_or_default();
    if form == Some(Form::Page) && query.is_empty() && this.0.settings.graphiql {
        return graphiql::page();
    }
    let asked = Asked::of_query(query).map_err(Refusal::from);
    answer(this, asker, (Method::GET, form), asked).await
}

/// `POST /graphql`
pub(crate) async fn post(State(this): State<GraphQl>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let asker = Asker::of(&parts.extensions, &parts.headers);
    let form = form(&parts.headers);
    let asked = if json(&parts.headers) {
        axum::body::to_bytes(body, usize::MAX)
            .await
            .map_err(|_| HttpError::CutOff.into())
            .and_then(|bytes| read(&bytes))
    } else {
        Err(HttpError::NotJson.into())
    };
    answer(this, asker, (Method::POST, form), asked.map_err(Refusal::from)).await
}

fn read(bytes: &Bytes) -> Result<Asked, Problem> {
    let why = |error: serde_json::Error| format!("line {}, column {}", error.line(), error.column());
    let value = serde_json::from_slice(bytes).map_err(|error| HttpError::BadJson { why: why(error) })?;
    Asked::read(value).map_err(|error| error.problem())
}

/// `application/json` in UTF-8, and nothing else: a browser asks before it sends this for a foreign page.
fn json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let is_utf8 = parts.all(|part| part.strip_prefix("charset=").is_none_or(|name| name.trim_matches('"') == "utf-8"));
    essence == "application/json" && is_utf8
}

async fn answer(
    this: GraphQl,
    asker: Asker,
    (method, form): (Method, Option<Form>),
    asked: Result<Asked, Refusal>,
) -> Response {
    let id = asker.request_id();
    let form = match form {
        Some(Form::Page) => Form::Json,
        Some(form) => form,
        None => {
            return told(&Answer::malformed(&Refusal::from(GraphqlError::NotAcceptable).with_request(id)), Form::Json);
        }
    };
    let ready = match asked.map_err(|refusal| Answer::malformed(&refusal.with_request(id))) {
        Ok(asked) => this.ready(&asker, asked).map_err(|refusal| Answer::refused(&refusal.with_request(id))),
        Err(answer) => Err(answer),
    };
    let ready = match ready.and_then(|ready| permitted(&method, form, ready, id)) {
        Ok(ready) => ready,
        Err(answer) => return told(&answer, form),
    };
    let is_secret = ready.weighed.is_secret;
    let mut response = match form {
        Form::Events => events(&this, &asker, ready),
        _ => told(&this.run(&asker, ready).await, form),
    };
    if is_secret {
        response.extensions_mut().insert(HoldsSecret);
    }
    response
}

/// A GET changes nothing, so that a foreign page, a cache or a crawler may send it.
fn permitted(method: &Method, form: Form, ready: Ready, id: Option<&str>) -> Result<Ready, Answer> {
    let what = match ready.weighed.root {
        Root::Query => return Ok(ready),
        Root::Subscription if form == Form::Events => return Ok(ready),
        Root::Subscription => "subscription",
        Root::Mutation => "mutation",
    };
    if *method == Method::GET {
        return Err(Answer::malformed(&Refusal::from(GraphqlError::OnlyReads { what }).with_request(id)));
    }
    Ok(ready)
}

fn told(answer: &Answer, form: Form) -> Response {
    // Before `application/graphql-response+json`, 200 said that there is an answer of GraphQL, whatever it holds.
    let status = if form == Form::Graphql || answer.is_malformed { answer.status } else { StatusCode::OK };
    let kind = HeaderValue::from_static(if form == Form::Graphql { GRAPHQL } else { JSON });
    let mut response = (status, answer.body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, PRIVATE);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

/// Answers as events, for as long as there are any.
fn events(this: &GraphQl, asker: &Asker, ready: Ready) -> Response {
    let most = this.0.settings.max_streams.try_into().unwrap_or(usize::MAX);
    let Ok(permit) = Arc::clone(&this.0.streams).try_acquire_owned() else {
        return Problem::of(&GraphqlError::TooMany { what: "stream", most }).into_response();
    };
    let ping = millis(this.0.settings.ping_ms);
    let answers = this.stream(asker, ready).map(|answer| Event::default().event("next").data(answer.body.to_string()));
    // An `EventSource` passes events without data over.
    let end = stream::once(async { Event::default().event("complete").data("null") });
    let held = answers.chain(end).map(move |event| {
        // The permit ends with the stream.
        let _ = &permit;
        Ok::<_, Infallible>(event)
    });
    let mut response = Sse::new(held).keep_alive(KeepAlive::new().interval(ping)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, PRIVATE);
    response
}
