//! Connections: how many, TLS, HTTP/1.1 and HTTP/2, and how long a caller may take to say what it wants.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time,
};
use tokio_rustls::TlsAcceptor;
use tower::Service as _;

use crate::first_bytes::FirstBytes;

/// After a fault of the system, such as no more file handles, before the next connection is taken.
const PAUSE: Duration = Duration::from_millis(100);
/// How often an HTTP/2 connection on which nothing happens is asked whether it lives, and how long it has to say so.
const PING: Duration = Duration::from_secs(30);
/// What an HTTP/1.1 connection reads ahead at most, heads included; hyper asks for at least 8 KiB.
const LEAST_BUFFER: usize = 8_192;

/// What a connection is held to. The default suits a server inside a network: no TLS.
#[derive(Debug, Clone)]
pub struct Wire {
    /// From [`crate::tls`]; `None` speaks in the clear.
    pub tls: Option<Arc<ServerConfig>>,
    /// So many at a time; further ones wait in the system's queue.
    pub max_connections: usize,
    /// From the first byte to the last of a request's head, and between two requests; also for the handshake of TLS.
    pub header_timeout: Duration,
    /// Of one request (HTTP/1.1; on HTTP/2 their size bounds them).
    pub max_headers: usize,
    /// The head of one request.
    pub max_header_bytes: usize,
    /// Requests at once on one HTTP/2 connection.
    pub max_streams: u32,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            tls: None,
            max_connections: 10_000,
            header_timeout: Duration::from_secs(30),
            max_headers: 100,
            max_header_bytes: 32_768,
            max_streams: 128,
        }
    }
}

impl Wire {
    fn builder(&self) -> Builder<TokioExecutor> {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_headers(self.max_headers)
            .max_buf_size(self.max_header_bytes.max(LEAST_BUFFER));
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING)
            .max_concurrent_streams(self.max_streams)
            .max_header_list_size(u32::try_from(self.max_header_bytes).unwrap_or(u32::MAX));
        builder
    }
}

/// Takes connections until `shutdown` ends, then waits for those that are open.
pub(crate) async fn accept(listener: TcpListener, router: Router, wire: Wire, shutdown: impl Future<Output = ()>) {
    let open = Arc::new(Semaphore::new(wire.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
    let connections = Arc::new(Connections {
        builder: wire.builder(),
        router,
        tls: wire.tls.map(TlsAcceptor::from),
        first_bytes: wire.header_timeout,
    });
    let ending = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let next = async {
            // Never closed, so there is always a permit in the end.
            let permit = Arc::clone(&open).acquire_owned().await.ok();
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (connections, watcher) = (Arc::clone(&connections), ending.watcher());
                tokio::spawn(async move {
                    connections.serve(stream, peer, watcher).await;
                    drop(permit);
                });
            }
            Err(error) if is_of_the_caller(&error) => {}
            Err(error) => {
                tracing::error!(%error, "could not take a connection");
                time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    ending.shutdown().await;
}

/// The connection was gone before it was taken: nothing of ours is wrong.
fn is_of_the_caller(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::ConnectionRefused | Kind::ConnectionAborted | Kind::ConnectionReset)
}

struct Connections {
    builder: Builder<TokioExecutor>,
    router: Router,
    tls: Option<TlsAcceptor>,
    first_bytes: Duration,
}

impl Connections {
    /// How it fails is the caller's business, who broke it: nothing is logged.
    async fn serve(&self, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        // Answers are whole: waiting for more to send would only delay them. Without it they still arrive.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            None => self.speak(FirstBytes::new(stream, self.first_bytes), peer, watcher).await,
            Some(tls) => {
                if let Ok(Ok(stream)) = time::timeout(self.first_bytes, tls.accept(stream)).await {
                    self.speak(FirstBytes::new(stream, self.first_bytes), peer, watcher).await;
                }
            }
        }
    }

    async fn speak(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        watcher: Watcher,
    ) {
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            self.router.clone().call(request.map(Body::new))
        });
        let connection = self.builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        // An error ends the connection, and only it.
        let _ = watcher.watch(connection).await;
    }
}
