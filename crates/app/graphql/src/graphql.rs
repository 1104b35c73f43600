//! The front door: operations in, answers to documents out.
//!
//! Invariant: a document is weighed before it is run, whichever way it came, and its fields go through the handlers that
//! REST goes through.

use std::{fmt, sync::Arc, time::Duration};

use async_graphql::{
    Request, Response, ServerError, Value as Given, Variables,
    dynamic::Schema,
    indexmap::IndexMap,
    parser::{parse_query, types::ExecutableDocument},
};
use axum::http::StatusCode;
use futures::{Stream, StreamExt as _, stream};
use http_edge::{Access, Budget, Operation, Root};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, time};

use crate::{
    GraphqlError, GraphqlSettings,
    asker::Asker,
    asking::{Asking, Loaded},
    documents::{Documents, Extensions},
    handler::{Bounds, Edge},
    model::Model,
    refusal::{Refusal, coded},
    schema::schema,
    settings::{millis, size},
    tokens::tokens,
    weigh::{Weighed, weigh},
};

/// GraphQL over the operations of the API.
#[derive(Clone)]
pub struct GraphQl(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: GraphqlSettings,
    pub(crate) edge: Edge,
    pub(crate) connections: Arc<Semaphore>,
    pub(crate) streams: Arc<Semaphore>,
    model: Arc<Model>,
    schema: Schema,
    documents: Documents,
}

/// What a caller sends, whichever way.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) query: Option<String>,
    pub(crate) document_id: Option<String>,
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: Variables,
    pub(crate) extensions: Extensions,
}

/// A document that may be run.
pub(crate) struct Ready {
    pub(crate) weighed: Weighed,
    request: Request,
}

/// An answer, as every transport sends it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: Value,
    /// For who takes statuses of GraphQL: of a document that was refused as a whole, that of its refusal.
    pub(crate) status: StatusCode,
    /// Whether there was no document at all to be refused.
    pub(crate) is_malformed: bool,
}

impl fmt::Debug for GraphQl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphQl").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

/// The schema of these operations in GraphQL's own language: the same operations give the same text.
///
/// # Errors
/// As [`GraphQl::new`].
pub fn sdl(operations: &[Operation]) -> Result<String, GraphqlError> {
    let text = schema(&Arc::new(Model::new(operations)?), true)?.sdl();
    // The library breaks lines after some arguments and not after others.
    Ok(text.replace(",\t\t", ",\n\t\t"))
}

impl GraphQl {
    /// Every one of `operations` as a field, but for those of REST alone.
    ///
    /// # Errors
    /// [`GraphqlError::SameName`] for two of one name, [`GraphqlError::BadSchema`], and [`GraphqlError::BadRegistered`] for a
    /// registered document that cannot be read or goes beyond a limit.
    pub fn new(settings: GraphqlSettings, edge: Edge, operations: &[Operation]) -> Result<Self, GraphqlError> {
        let model = Arc::new(Model::new(operations)?);
        let schema = schema(&model, settings.introspection)?;
        let permits = |most: u32| Arc::new(Semaphore::new(size(most).min(Semaphore::MAX_PERMITS)));
        let (connections, streams) = (permits(settings.max_connections), permits(settings.max_streams));
        let documents = Documents::open(&settings)?;
        let this = Self(Arc::new(Inner { settings, edge, connections, streams, model, schema, documents }));
        for (name, document) in this.0.documents.registered() {
            let bad = |error: GraphqlError| GraphqlError::BadRegistered { file: name.clone(), why: error.to_string() };
            this.read(document).map_err(bad)?;
        }
        Ok(this)
    }

    /// Reads and weighs what was sent.
    pub(crate) fn ready(&self, asker: &Asker, asked: Asked) -> Result<Ready, Refusal> {
        let inner = &*self.0;
        let text = inner.documents.find(asked.query, asked.document_id.as_deref(), &asked.extensions)?;
        let document = self.read(&text)?;
        let name = asked.operation_name.as_deref();
        let weighed = weigh((&inner.model, &inner.settings), (&document, name), &asked.variables)?;
        let asking = Arc::new(Asking {
            model: Arc::clone(&inner.model),
            edge: inner.edge.clone(),
            asker: asker.clone(),
            bounds: Bounds { timeout: inner.settings.timeout(), max_bytes: size(inner.settings.max_answer_bytes) },
            recheck: millis(inner.settings.recheck_ms),
        });
        let loaded = Loaded::new(Arc::clone(&asking), weighed.root == Root::Query);
        let mut request = Request::new(&*text).variables(asked.variables).data(asking).data(loaded);
        request.operation_name = asked.operation_name;
        request.set_parsed_query(document);
        Ok(Ready { weighed, request })
    }

    fn read(&self, text: &str) -> Result<ExecutableDocument, GraphqlError> {
        let settings = &self.0.settings;
        let beyond = |what, count: usize, most: u32| {
            if count > size(most) { Err(GraphqlError::BeyondLimit { what, most: most.into() }) } else { Ok(()) }
        };
        beyond("bytes of the document", text.len(), settings.max_document_bytes)?;
        beyond("tokens", tokens(text), settings.max_tokens)?;
        parse_query(text).map_err(|error| GraphqlError::BadDocument { why: error.to_string() })
    }

    /// One answer.
    pub(crate) async fn run(&self, asker: &Asker, ready: Ready) -> Answer {
        let Ready { weighed, request } = ready;
        if weighed.root == Root::Subscription {
            return Answer::refused(&Refusal::from(GraphqlError::NoStream).with_request(asker.request_id()));
        }
        if weighed.reads_schema
            && let Err(refused) = (self.0.edge.charge)(Budget::Heavy, asker.payer(Access::SignedIn)).await
        {
            return Answer::refused(&Refusal::from(refused).with_request(asker.request_id()));
        }
        let timeout: Duration = self.0.settings.timeout();
        if let Ok(response) = time::timeout(timeout, self.0.schema.execute(request)).await {
            Answer::of(response, &weighed, asker)
        } else {
            let refusal = Refusal::from(GraphqlError::TimedOut { millis: timeout.as_millis() });
            Answer::refused(&refusal.with_request(asker.request_id()))
        }
    }

    /// Answers one after the other; of a query or a mutation one.
    pub(crate) fn stream(&self, asker: &Asker, ready: Ready) -> impl Stream<Item = Answer> + Send + use<> {
        let (this, asker) = (self.clone(), asker.clone());
        if ready.weighed.root != Root::Subscription {
            return stream::once(async move { this.run(&asker, ready).await }).left_stream();
        }
        let Ready { weighed, request } = ready;
        let answers = this.0.schema.execute_stream(request);
        answers.map(move |response| Answer::of(response, &weighed, &asker)).right_stream()
    }
}

impl Answer {
    /// A document that was refused as a whole, before any of it ran.
    pub(crate) fn refused(refusal: &Refusal) -> Self {
        let body = json!({ "errors": [refusal.server_error()] });
        Self { body, status: refusal.status(), is_malformed: false }
    }

    /// A request that is none.
    pub(crate) fn malformed(refusal: &Refusal) -> Self {
        Self { is_malformed: true, ..Self::refused(refusal) }
    }

    pub(crate) fn errors(self) -> Value {
        self.body.get("errors").cloned().unwrap_or_else(|| json!([]))
    }

    fn of(response: Response, weighed: &Weighed, asker: &Asker) -> Self {
        let mut errors = response.errors;
        for error in &mut errors {
            coded(error, asker.request_id());
        }
        let ran = errors.is_empty() || response.data != Given::Null || errors.iter().any(has_path);
        let mut body = serde_json::Map::new();
        if !errors.is_empty() {
            body.insert("errors".into(), json!(errors));
        }
        if ran {
            body.insert("data".into(), ordered(response.data, weighed).into_json().unwrap_or_default());
        }
        let status = if ran { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        Self { body: body.into(), status, is_malformed: false }
    }
}

/// An error of a field, not of the document.
fn has_path(error: &ServerError) -> bool {
    !error.path.is_empty()
}

/// The library gives fields of a query as they end; the specification (October 2021, 7.2.2) has them as they were asked for.
fn ordered(data: Given, weighed: &Weighed) -> Given {
    let Given::Object(mut fields) = data else {
        // Fields that were all left out by a directive.
        return if data == Given::Null && weighed.root != Root::Subscription {
            Given::Object(IndexMap::new())
        } else {
            data
        };
    };
    let mut all: IndexMap<_, _> = weighed.keys.iter().filter_map(|key| fields.swap_remove_entry(key)).collect();
    all.extend(fields);
    Given::Object(all)
}
