//! An operation that sends events, as a stream of their data.
//!
//! Source of the form: HTML Living Standard, 9.2.6, "Interpreting an event stream". Invariants: the credential behind a
//! stream is looked at again while it lasts, and one that has ended ends it; an event has a largest size.

use std::sync::Arc;

use axum::{
    body::{Body, BodyDataStream, Bytes},
    http::StatusCode,
    response::Response,
};
use futures::{Stream, StreamExt as _, stream};
use http_edge::{Access, Operation};
use serde_json::Value;
use tokio::time::{self, Interval, MissedTickBehavior};

use crate::{GraphqlError, asking::Asking, handler::Given, model::Served, refusal::Refusal};

/// Events of an operation, until it or its caller's credential ends.
pub(crate) async fn open(
    asking: &Arc<Asking>,
    served: &Served,
    given: Given,
) -> Result<impl Stream<Item = Result<Value, Refusal>> + Send + use<>, Refusal> {
    let handler = &served.handler;
    let response = handler.open(&asking.edge, &asking.asker, given, asking.bounds).await;
    let response = response.map_err(|refusal| asking.named(refusal))?;
    if response.status() != StatusCode::OK {
        return Err(asking.named(refused(response, &handler.operation, asking.bounds.max_bytes).await));
    }
    let mut recheck = time::interval(asking.recheck);
    recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick is at once, and it was looked at just now.
    recheck.reset();
    let events = Events {
        asking: Arc::clone(asking),
        operation: handler.operation.clone(),
        body: response.into_body().into_data_stream(),
        lines: Lines::default(),
        recheck,
        ended: false,
    };
    Ok(stream::unfold(events, |mut events| async move { events.next().await.map(|event| (event, events)) }))
}

async fn refused(response: Response, operation: &Operation, most: usize) -> Refusal {
    let (parts, body) = response.into_parts();
    let bytes: Bytes = axum::body::to_bytes(Body::new(body), most).await.unwrap_or_default();
    let broken = || GraphqlError::Broken { operation: operation.id() }.into();
    Refusal::read(&parts, &bytes).unwrap_or_else(broken)
}

struct Events {
    asking: Arc<Asking>,
    operation: Operation,
    body: BodyDataStream,
    lines: Lines,
    recheck: Interval,
    ended: bool,
}

impl Events {
    async fn next(&mut self) -> Option<Result<Value, Refusal>> {
        while !self.ended {
            if let Some(data) = self.lines.event() {
                let broken = || GraphqlError::Broken { operation: self.operation.id() }.into();
                let event = serde_json::from_str(&data).map_err(|_| self.asking.named(broken()));
                self.ended = event.is_err();
                return Some(event);
            }
            tokio::select! {
                chunk = self.body.next() => match chunk {
                    Some(Ok(chunk)) if self.lines.held() + chunk.len() <= self.asking.bounds.max_bytes => {
                        self.lines.take(&chunk);
                    }
                    // The end, a broken connection, or an event without one.
                    _ => self.ended = true,
                },
                _ = self.recheck.tick() => {
                    if let Err(refusal) = still_may(&self.asking, self.operation.access()).await {
                        self.ended = true;
                        return Some(Err(self.asking.named(refusal)));
                    }
                }
            }
        }
        None
    }
}

/// Whether the credential is still good, and its owner still may.
async fn still_may(asking: &Asking, access: Access) -> Result<(), Refusal> {
    let Some(known) = asking.asker.known.as_ref().filter(|_| access != Access::Public) else { return Ok(()) };
    let who = (asking.edge.authenticate)(known.recognised.credential.clone()).await?;
    match access {
        Access::Needs(permission) => Ok(who.actor.require(permission).map_err(http_edge::Problem::from)?),
        Access::Public | Access::SignedIn => Ok(()),
    }
}

/// Lines of an event stream, and the data of the event that they make up.
#[derive(Debug, Default)]
struct Lines {
    rest: Vec<u8>,
    data: Option<String>,
}

impl Lines {
    fn held(&self) -> usize {
        self.rest.len() + self.data.as_ref().map_or(0, String::len)
    }

    fn take(&mut self, chunk: &[u8]) {
        self.rest.extend_from_slice(chunk);
    }

    /// The next whole event; names, ids and comments are passed over.
    fn event(&mut self) -> Option<String> {
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            if line.is_empty() {
                if let Some(data) = self.data.take() {
                    return Some(data);
                }
            } else if let Some(text) = line.strip_prefix("data:") {
                let text = text.strip_prefix(' ').unwrap_or(text);
                match &mut self.data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(text);
                    }
                    None => self.data = Some(text.to_owned()),
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_wherever_chunks_are_cut() {
        let text =
            ": hello\nevent: progress\nid: 7\ndata: {\"a\":\r\ndata: 1}\n\n\n:\n\ndata:{\"b\":2}\n\ndata: cut off";
        for size in 1..text.len() {
            let (mut lines, mut events) = (Lines::default(), Vec::new());
            for chunk in text.as_bytes().chunks(size) {
                lines.take(chunk);
                events.extend(std::iter::from_fn(|| lines.event()));
            }
            assert_eq!(events, ["{\"a\":\n1}", "{\"b\":2}"], "chunks of {size}");
        }
    }
}
