//! A server on a free port, and a client that knows just enough HTTP.

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use http_edge::{Ended, listen, serve};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time,
};

/// No test waits longer for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    ending: JoinHandle<Ended>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers, in small letters.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("JSON: {}", self.body))
    }
}

impl Server {
    /// Stops within `timeout` when asked.
    pub(crate) async fn start(router: Router, timeout: Duration) -> Self {
        let listener = listen(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { stopped.await.unwrap_or(()) };
        Self { address, stop, ending: tokio::spawn(serve(listener, router, shutdown, timeout)) }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let mut client = Client::connect(self.address).await;
        client.send(&format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")).await;
        client.answer().await
    }

    /// Asks it to stop; the handle ends with it.
    pub(crate) fn stop(self) -> JoinHandle<Ended> {
        self.stop.send(()).expect("it runs");
        self.ending
    }
}

/// One connection.
pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("connected"))
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("sent");
    }

    /// What comes next, at most so many bytes; empty at the end.
    pub(crate) async fn part(&mut self) -> String {
        let mut buffer = vec![0; 65_536];
        let length = time::timeout(PATIENCE, self.0.read(&mut buffer)).await.expect("in time").unwrap_or(0);
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    /// Everything until the server closes.
    pub(crate) async fn rest(&mut self) -> String {
        let mut text = String::new();
        loop {
            match self.part().await {
                part if part.is_empty() => return text,
                part => text.push_str(&part),
            }
        }
    }

    /// One answer on a connection that the server closes after it.
    pub(crate) async fn answer(&mut self) -> Answer {
        let text = self.rest().await;
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("an answer: {text:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }
}
