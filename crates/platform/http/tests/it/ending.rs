//! How a server stops.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, http::header, routing::get};
use futures::{StreamExt as _, stream};
use http_edge::{Ended, HttpError, listen};
use kernel::ProductError as _;
use tokio::{
    net::TcpStream,
    sync::{Notify, Semaphore},
    time,
};

use crate::server::{Client, PATIENCE, Server};

/// `/slow/{id}` says that it was reached, then waits for leave.
struct Slow {
    reached: Semaphore,
    leave: Notify,
}

fn slow() -> (Router, Arc<Slow>) {
    let slow = Arc::new(Slow { reached: Semaphore::new(0), leave: Notify::new() });
    let of_handler = slow.clone();
    let handler = move || async move {
        of_handler.reached.add_permits(1);
        of_handler.leave.notified().await;
        "done"
    };
    (Router::new().route("/slow/{id}", get(handler)).route("/quick", get(|| async { "quick" })), slow)
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n")
}

impl Slow {
    async fn is_reached(&self) {
        time::timeout(PATIENCE, self.reached.acquire()).await.expect("in time").expect("open").forget();
    }
}

async fn refuses_connections(address: std::net::SocketAddr) {
    let started = Instant::now();
    while TcpStream::connect(address).await.is_ok() {
        assert!(started.elapsed() < PATIENCE, "still accepting");
        time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_request_in_progress_is_finished_and_no_new_one_is_taken() {
    let (router, slow) = slow();
    let server = Server::start(router, PATIENCE).await;
    let address = server.address;
    let mut client = Client::connect(address).await;
    client.send(&request("/slow/1")).await;
    slow.is_reached().await;

    let ending = server.stop();
    refuses_connections(address).await;
    assert!(!ending.is_finished(), "it waits for the request");
    slow.leave.notify_one();
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "done"));
    assert_eq!(ending.await.unwrap(), Ended::Drained);
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_it_up() {
    let (router, _) = slow();
    let server = Server::start(router, PATIENCE).await;
    let mut client = Client::connect(server.address).await;
    client.send(&request("/quick")).await;
    assert!(client.part().await.ends_with("quick"));
    let asked = Instant::now();
    assert_eq!(server.stop().await.unwrap(), Ended::Drained);
    assert!(asked.elapsed() < PATIENCE / 2);
    assert_eq!(client.rest().await, "", "it was closed");
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_refused_and_named() {
    let (router, slow) = slow();
    let server = Server::start(router, Duration::from_millis(100)).await;
    let mut clients = Vec::new();
    for id in 0..2 {
        let mut client = Client::connect(server.address).await;
        client.send(&request(&format!("/slow/{id}?name=hidden"))).await;
        slow.is_reached().await;
        clients.push(client);
    }
    let ended = server.stop().await.unwrap();
    assert_eq!(ended, Ended::GaveUp { requests: vec!["GET /slow/{id}".to_owned(); 2] });
    assert_eq!(ended.to_string(), "2 requests were cut off: GET /slow/{id}, GET /slow/{id}");
    for mut client in clients {
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("http.stopping")));
    }
}

#[tokio::test]
async fn a_stream_is_in_progress_until_its_last_part() {
    let endless = || async {
        let parts = stream::once(async { "first" }).chain(stream::pending());
        Body::from_stream(parts.map(Ok::<_, Infallible>))
    };
    let server = Server::start(Router::new().route("/stream", get(endless)), Duration::from_millis(100)).await;
    let mut client = Client::connect(server.address).await;
    client.send(&request("/stream")).await;
    let mut got = String::new();
    while !got.contains("first") {
        got.push_str(&client.part().await);
    }
    assert_eq!(server.stop().await.unwrap(), Ended::GaveUp { requests: vec!["GET /stream".to_owned()] });
    client.rest().await;
}

#[tokio::test]
async fn a_stream_of_events_does_not_hold_it_up() {
    let events = || async {
        let parts = stream::once(async { "data: 1\n\n" }).chain(stream::pending());
        ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(parts.map(Ok::<_, Infallible>)))
    };
    let server = Server::start(Router::new().route("/events", get(events)), PATIENCE).await;
    let mut client = Client::connect(server.address).await;
    client.send(&request("/events")).await;
    let mut got = String::new();
    while !got.contains("data: 1") {
        got.push_str(&client.part().await);
    }
    let asked = Instant::now();
    assert_eq!(server.stop().await.unwrap(), Ended::Drained);
    assert!(asked.elapsed() < PATIENCE / 2);
}

#[tokio::test]
async fn half_a_request_is_a_connection_and_not_a_request() {
    let (router, _) = slow();
    let server = Server::start(router, Duration::from_millis(100)).await;
    let mut client = Client::connect(server.address).await;
    client.send("GET /quick HT").await;
    // The server has read it once it answers somebody who came later.
    assert_eq!(server.get("/quick").await.status, 200);
    assert_eq!(server.stop().await.unwrap(), Ended::GaveUp { requests: Vec::new() });
}

#[tokio::test]
async fn a_caller_who_went_away_is_not_waited_for() {
    let (router, slow) = slow();
    let server = Server::start(router, PATIENCE).await;
    let mut client = Client::connect(server.address).await;
    client.send(&request("/slow/1")).await;
    slow.is_reached().await;
    drop(client);
    assert_eq!(server.stop().await.unwrap(), Ended::Drained);
}

#[tokio::test]
async fn an_address_that_is_taken_is_told_as_such() {
    let first = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = first.local_addr().unwrap();
    let error = listen(address).await.unwrap_err();
    assert!(matches!(error, HttpError::AddressTaken { .. }), "{error:?}");
    assert_eq!(
        (error.code(), error.to_string()),
        ("http.address_taken", format!("could not listen on {address}: it is taken"))
    );
    let foreign = listen("203.0.113.1:80".parse().unwrap()).await.unwrap_err();
    assert_eq!(foreign.code(), "http.listen");
}
