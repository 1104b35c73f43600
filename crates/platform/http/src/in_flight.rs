//! Which requests are being answered, so that a server that gives up can say which it cut off.
//!
//! A request counts until its answer is ready; one that is streamed counts until its last part. Routes are named, not
//! paths: a path may hold personal data.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::{Body, HttpBody as _},
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures::{FutureExt as _, StreamExt as _};
use tokio::sync::watch;

use crate::{HttpError, Problem};

/// The media type of server-sent events.
const EVENTS: &[u8] = b"text/event-stream";

/// Requests in progress. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct InFlight(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// By number of arrival.
    requests: Mutex<Arrivals>,
    is_cut: watch::Sender<bool>,
    is_ending: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Arrivals {
    next: u64,
    open: BTreeMap<u64, Name>,
}

/// A route, written out only when it is asked for: every request has one, and few are cut.
#[derive(Debug)]
struct Name(Method, Option<MatchedPath>);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1.as_ref().map_or("(no route)", MatchedPath::as_str))
    }
}

/// Strikes its request off when dropped: when answered, and also when the caller went away.
struct Entry {
    number: u64,
    of: InFlight,
}

impl InFlight {
    /// Names of those that are open, the oldest first.
    pub(crate) fn open(&self) -> Vec<String> {
        self.0.requests.lock().unwrap_or_else(PoisonError::into_inner).open.values().map(Name::to_string).collect()
    }

    /// Ends streams of events, which have no end of their own: who listens comes again, to another process or the next one.
    pub(crate) fn end_streams(&self) {
        self.0.is_ending.send_replace(true);
    }

    /// Ends all of them: those without an answer get a 503, streams stop.
    pub(crate) fn cut(&self) {
        self.0.is_cut.send_replace(true);
    }

    fn enter(&self, name: Name) -> Entry {
        let mut arrivals = self.0.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let number = arrivals.next;
        arrivals.next += 1;
        arrivals.open.insert(number, name);
        Entry { number, of: self.clone() }
    }

    /// Waits for [`cut`](Self::cut).
    fn when_cut(&self) -> impl Future<Output = ()> + Send + 'static {
        self.when(self.0.is_cut.subscribe())
    }

    /// Waits for [`end_streams`](Self::end_streams).
    fn when_ending(&self) -> impl Future<Output = ()> + Send + 'static {
        self.when(self.0.is_ending.subscribe())
    }

    fn when(&self, mut flag: watch::Receiver<bool>) -> impl Future<Output = ()> + Send + 'static {
        let of = self.clone();
        async move {
            // Fails only when the sender is gone, and `of` holds it.
            let _ = flag.wait_for(|is_raised| *is_raised).await;
            drop(of);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.of.0.requests.lock().unwrap_or_else(PoisonError::into_inner).open.remove(&self.number);
    }
}

/// The middleware around every route.
pub(crate) async fn track(State(in_flight): State<InFlight>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let entry = in_flight.enter(Name(request.method().clone(), route));
    let response = tokio::select! {
        response = next.run(request) => response,
        () = in_flight.when_cut() => {
            let mut refusal = Problem::from(HttpError::Stopping).into_response();
            refusal.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            return refusal;
        }
    };
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    let is_events =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(EVENTS));
    response.map(|body| {
        let over = if is_events { in_flight.when_ending().left_future() } else { in_flight.when_cut().right_future() };
        let parts = body.into_data_stream().take_until(over);
        Body::from_stream(parts.map(move |part| {
            let _until_the_last = &entry;
            part
        }))
    })
}
