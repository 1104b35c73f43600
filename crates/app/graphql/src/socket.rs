//! GraphQL over a WebSocket, by the protocol `graphql-transport-ws`.
//!
//! Source: graphql-ws, `PROTOCOL.md`. Invariants: nothing is run before `connection_init` was answered; the credential is
//! looked at before each operation; connections, operations of one, and how long a silent one lives have limits.
//!
//! Absent on purpose: the library's own protocol, which neither tells a taken id nor counts operations.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use http_edge::{Access, Budget, Credential, Problem};
use kernel::ErrorKind;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    task::AbortHandle,
    time::{self, Instant, MissedTickBehavior},
};
use tracing::Instrument as _;

use crate::{
    GraphQl, GraphqlError,
    asker::Asker,
    graphql::{Answer, Asked},
    refusal::Refusal,
    settings::{millis, size},
};

const PROTOCOL: &str = "graphql-transport-ws";
/// Answers that wait for a slow reader; operations wait then.
const QUEUE: usize = 32;
/// Larger messages end the connection; a document has a smaller limit of its own.
const MOST_MESSAGE_BYTES: usize = 1_048_576;

/// Why a connection is closed, and what the other side is told.
type Close = (u16, &'static str);

const NO_MESSAGE: Close = (4400, "the message is not one of graphql-transport-ws");
const NOT_BEGUN: Close = (4401, "send connection_init first");
const NOBODY: Close = (4403, "the credential is not good");
const WRONG_PROTOCOL: Close = (4406, "speak graphql-transport-ws");
const NO_INIT: Close = (4408, "connection_init took too long");
const TWICE: Close = (4429, "connection_init came twice");
const SILENT: Close = (1001, "nothing was heard for too long");
const IDLE: Close = (1000, "nothing was asked for too long");
const LATER: Close = (1013, "try again later");

/// What a client sends.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    ConnectionInit { payload: Option<Value> },
    Ping { payload: Option<Value> },
    Pong,
    Subscribe { id: String, payload: Value },
    Complete { id: String },
}

/// Answers the wish for a WebSocket.
pub(crate) fn open(this: GraphQl, asker: Asker, upgrade: WebSocketUpgrade) -> Response {
    let most = size(this.0.settings.max_connections);
    let Ok(permit) = Arc::clone(&this.0.connections).try_acquire_owned() else {
        return Problem::of(&GraphqlError::TooMany { what: "connection", most }).into_response();
    };
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(MOST_MESSAGE_BYTES).max_frame_size(MOST_MESSAGE_BYTES);
    upgrade.on_upgrade(move |socket| {
        let span = tracing::info_span!("graphql.connect", correlation_id = asker.request_id());
        async move { Connection::new(this, asker, socket, permit).serve().await }.instrument(span)
    })
}

/// An answer of an operation, by its id and number; `None` is its end.
type Told = (String, u64, Option<Value>);

struct Connection {
    this: GraphQl,
    asker: Asker,
    socket: WebSocket,
    begun: bool,
    /// By the client's id, with a number of ours: a client may use an id again while answers to its first use are queued.
    operations: HashMap<String, (u64, AbortHandle)>,
    begun_operations: u64,
    out: mpsc::Sender<Told>,
    answers: mpsc::Receiver<Told>,
    heard: Instant,
    asked: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.operations.values().for_each(|(_, operation)| operation.abort());
    }
}

impl Connection {
    fn new(this: GraphQl, asker: Asker, socket: WebSocket, permit: OwnedSemaphorePermit) -> Self {
        let (out, answers) = mpsc::channel(QUEUE);
        let (operations, now) = (HashMap::new(), Instant::now());
        let (begun, begun_operations) = (false, 0);
        Self {
            this,
            asker,
            socket,
            begun,
            operations,
            begun_operations,
            out,
            answers,
            heard: now,
            asked: now,
            _permit: permit,
        }
    }

    async fn serve(mut self) {
        let close = if self.socket.protocol().is_none() { Some(WRONG_PROTOCOL) } else { self.talk().await.err() };
        if let Some((code, reason)) = close {
            let frame = CloseFrame { code, reason: reason.into() };
            // Who is gone is not told.
            let _ = self.socket.send(Message::Close(Some(frame))).await;
        }
    }

    /// Until either side ends it.
    async fn talk(&mut self) -> Result<(), Close> {
        let settings = self.this.0.settings.clone();
        let mut ping = time::interval(millis(settings.ping_ms));
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ping.reset();
        let init = time::sleep(millis(settings.init_timeout_ms));
        tokio::pin!(init);
        loop {
            tokio::select! {
                heard = self.socket.recv() => {
                    let Some(Ok(message)) = heard else { return Ok(()) };
                    self.heard = Instant::now();
                    match message {
                        Message::Text(text) => self.hear(&text).await?,
                        Message::Binary(_) => return Err(NO_MESSAGE),
                        Message::Close(_) => return Ok(()),
                        Message::Ping(_) | Message::Pong(_) => {}
                    }
                }
                Some((id, number, message)) = self.answers.recv() => self.tell(&id, number, message).await?,
                () = &mut init, if !self.begun => return Err(NO_INIT),
                _ = ping.tick() => {
                    let quiet = |since: Instant, most: Duration| since.elapsed() > most;
                    if quiet(self.heard, millis(settings.ping_ms) * 2) {
                        return Err(SILENT);
                    }
                    if self.operations.is_empty() && quiet(self.asked, millis(settings.idle_ms)) {
                        return Err(IDLE);
                    }
                    self.send(Message::Ping(axum::body::Bytes::new())).await?;
                }
            }
        }
    }

    async fn hear(&mut self, text: &str) -> Result<(), Close> {
        match serde_json::from_str(text).map_err(|_| NO_MESSAGE)? {
            Said::ConnectionInit { payload } => {
                if self.begun {
                    return Err(TWICE);
                }
                self.begin(payload.as_ref()).await?;
                // Connections are few and last: nobody holds one without a name.
                if self.asker.known.is_none() {
                    return Err(NOBODY);
                }
                self.begun = true;
                self.say(json!({ "type": "connection_ack" })).await
            }
            Said::Ping { payload: Some(payload) } => self.say(json!({ "type": "pong", "payload": payload })).await,
            Said::Ping { payload: None } => self.say(json!({ "type": "pong" })).await,
            Said::Pong => Ok(()),
            Said::Subscribe { .. } if !self.begun => Err(NOT_BEGUN),
            Said::Subscribe { id, payload } => self.subscribe(id, payload).await,
            Said::Complete { id } => {
                if let Some((_, operation)) = self.operations.remove(&id) {
                    operation.abort();
                    self.asked = Instant::now();
                }
                Ok(())
            }
        }
    }

    /// Who speaks: as the message says, or else as the request that became this connection said.
    async fn begin(&mut self, payload: Option<&Value>) -> Result<(), Close> {
        let named = payload.and_then(|payload| payload.get("Authorization").or_else(|| payload.get("authorization")));
        let Some(shown) = named.filter(|shown| !shown.is_null()) else { return Ok(()) };
        let token = shown.as_str().and_then(|text| text.split_once(' '));
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).ok_or(NOBODY)?.1.trim();
        self.recognise(Credential::Bearer(token.to_owned().into())).await
    }

    async fn recognise(&mut self, credential: Credential) -> Result<(), Close> {
        match (self.this.0.edge.authenticate)(credential.clone()).await {
            Ok(who) => {
                self.asker = self.asker.as_known(who, credential);
                Ok(())
            }
            Err(problem) if problem.status() == http_edge::status_of(ErrorKind::Unauthenticated).0 => Err(NOBODY),
            Err(_) => Err(LATER),
        }
    }

    async fn subscribe(&mut self, id: String, payload: Value) -> Result<(), Close> {
        self.asked = Instant::now();
        if self.operations.contains_key(&id) {
            return Err((4409, "there is an operation of this id"));
        }
        if let Some(known) = &self.asker.known {
            let credential = known.recognised.credential.clone();
            self.recognise(credential).await?;
        }
        self.begun_operations += 1;
        match self.start(&id, payload).await {
            Ok(operation) => {
                self.operations.insert(id, (self.begun_operations, operation));
                Ok(())
            }
            Err(refusal) => {
                let errors = Answer::refused(&refusal.with_request(self.asker.request_id())).errors();
                self.say(json!({ "type": "error", "id": id, "payload": errors })).await
            }
        }
    }

    /// Runs a document beside the others of this connection. It costs what a request costs, as no request brought it.
    async fn start(&mut self, id: &str, payload: Value) -> Result<AbortHandle, Refusal> {
        let most = size(self.this.0.settings.max_operations);
        if self.operations.len() >= most {
            return Err(GraphqlError::TooMany { what: "operation", most }.into());
        }
        (self.this.0.edge.charge)(Budget::Read, self.asker.payer(Access::SignedIn)).await?;
        let ready = self.this.ready(&self.asker, Asked::read(payload)?)?;
        let (out, id, number) = (self.out.clone(), id.to_owned(), self.begun_operations);
        let mut answers = Box::pin(self.this.stream(&self.asker, ready));
        let running = async move {
            while let Some(answer) = answers.next().await {
                if out.send((id.clone(), number, Some(answer.body))).await.is_err() {
                    return;
                }
            }
            // Nobody waits for the end of a connection that is gone.
            let _ = out.send((id, number, None)).await;
        };
        Ok(tokio::spawn(running.in_current_span()).abort_handle())
    }

    /// An answer of an operation, or its end. One that was completed meanwhile is told nothing more.
    async fn tell(&mut self, id: &str, number: u64, answer: Option<Value>) -> Result<(), Close> {
        if self.operations.get(id).is_none_or(|(known, _)| *known != number) {
            return Ok(());
        }
        if let Some(payload) = answer {
            self.say(json!({ "type": "next", "id": id, "payload": payload })).await
        } else {
            self.operations.remove(id);
            self.asked = Instant::now();
            self.say(json!({ "type": "complete", "id": id })).await
        }
    }

    async fn say(&mut self, message: Value) -> Result<(), Close> {
        self.send(Message::Text(message.to_string().into())).await
    }

    /// Who reads nothing is not waited for.
    async fn send(&mut self, message: Message) -> Result<(), Close> {
        let within = millis(self.this.0.settings.ping_ms) * 2;
        match time::timeout(within, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(SILENT),
        }
    }
}
