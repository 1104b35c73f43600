//! From listening to an orderly end.

use std::{fmt, future::Future, io, net::SocketAddr, time::Duration};

use axum::{Router, middleware};
use tokio::{net::TcpListener, sync::oneshot, time};

use crate::{
    HttpError, Wire,
    in_flight::{InFlight, track},
    wire,
};

/// Time that refusals of cut requests have to reach their callers.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// How a server ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Every request was answered and every connection closed.
    Drained,
    /// The time was over.
    GaveUp {
        /// `GET /exports/{id}`: those that were cut off, the oldest first. Empty: all were answered, but somebody kept a
        /// connection open, with half a request or an answer not read to its end.
        requests: Vec<String>,
    },
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drained => f.write_str("every request was answered"),
            Self::GaveUp { requests } if requests.is_empty() => {
                f.write_str("every request was answered, but connections were still open")
            }
            Self::GaveUp { requests } => {
                write!(f, "{} requests were cut off: {}", requests.len(), requests.join(", "))
            }
        }
    }
}

/// Takes an address.
///
/// # Errors
///
/// [`HttpError::AddressTaken`], or [`HttpError::Listen`] when the system refuses otherwise.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, HttpError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => HttpError::AddressTaken { address },
        _ => HttpError::Listen { address, source },
    })
}

/// As [`serve_on`], with connections held to the defaults of [`Wire`].
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
    timeout: Duration,
) -> Ended {
    serve_on(listener, router, Wire::default(), shutdown, timeout).await
}

/// Serves until `shutdown` ends. Then no new connection is taken, idle ones are closed, and requests have `timeout` to
/// finish; those that do not are refused with 503 and named. Streams of events end at once. Each request carries its peer as
/// [`axum::extract::ConnectInfo`].
pub async fn serve_on(
    listener: TcpListener,
    router: Router,
    wire: Wire,
    shutdown: impl Future<Output = ()> + Send + 'static,
    timeout: Duration,
) -> Ended {
    let in_flight = InFlight::default();
    let router = router.layer(middleware::from_fn_with_state(in_flight.clone(), track));
    let (begins, begun) = oneshot::channel();
    let streams = in_flight.clone();
    let signal = async move {
        shutdown.await;
        streams.end_streams();
        // Nobody listens only when the server is gone already.
        let _ = begins.send(());
    };
    let mut serving = Box::pin(wire::accept(listener, router, wire, signal));
    let time_is_over = async {
        // Without a sender the shutdown itself was dropped, with the runtime.
        let _ = begun.await;
        time::sleep(timeout).await;
    };
    tokio::select! {
        biased;
        () = &mut serving => Ended::Drained,
        () = time_is_over => {
            let requests = in_flight.open();
            in_flight.cut();
            let _ = time::timeout(LAST_WORDS, serving).await;
            Ended::GaveUp { requests }
        }
    }
}
