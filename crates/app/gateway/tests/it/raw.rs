//! Bytes that no client sends: what another reader of the same connection could take for a second request, and callers that
//! never end what they begin.

use std::{net::SocketAddr, time::Duration};

use gateway::GatewaySettings;
use http_edge::{Ended, Wire, listen, serve_on};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time,
};

use crate::world::{World, generous};

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(10);
const READER: &str = "host: test\r\nauthorization: Bearer reader\r\n";
const MANAGER: &str = "host: test\r\nauthorization: Bearer manager\r\ncontent-type: application/json\r\n";

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) world: World,
    _stop: oneshot::Sender<()>,
    _ending: JoinHandle<Ended>,
}

/// Serves on a free port.
pub(crate) async fn serve(settings: GatewaySettings) -> Server {
    let wire = settings.wire().expect("a wire");
    serve_with(settings, wire).await
}

async fn serve_with(settings: GatewaySettings, wire: Wire) -> Server {
    let world = World::new(settings).await;
    let listener = listen(([127, 0, 0, 1], 0).into()).await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move { stopped.await.unwrap_or(()) };
    let ending = tokio::spawn(serve_on(listener, world.router.clone(), wire, shutdown, PATIENCE));
    Server { address, world, _stop: stop, _ending: ending }
}

/// What comes back until the server closes, or says nothing for a moment.
async fn exchange(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address).await.expect("connected");
    stream.write_all(bytes).await.expect("sent");
    rest(&mut stream, Duration::from_secs(1)).await
}

async fn rest(stream: &mut TcpStream, quiet: Duration) -> String {
    let (mut text, mut buffer) = (String::new(), vec![0; 65_536]);
    while let Ok(Ok(length @ 1..)) = time::timeout(quiet, stream.read(&mut buffer)).await {
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    text
}

fn answers(text: &str) -> Vec<&str> {
    text.match_indices("HTTP/1.1 ").map(|(at, _)| &text[at + 9..at + 12]).collect()
}

/// A second request, hidden in what may be taken for the body of the first.
const HIDDEN: &str = "GET /api/v1/public HTTP/1.1\r\nhost: test\r\n\r\n";

#[tokio::test]
async fn no_second_request_hides_in_the_body_of_a_first() {
    let server = serve(generous()).await;
    let post = |headers: &str, body: &str| format!("POST /api/v1/things HTTP/1.1\r\n{MANAGER}{headers}\r\n{body}");
    let length = HIDDEN.len();
    let cases = [
        (
            "length, then chunks",
            post("content-length: 5\r\ntransfer-encoding: chunked\r\n", &format!("0\r\n\r\n{HIDDEN}")),
        ),
        (
            "chunks, then length",
            post(
                &format!("transfer-encoding: chunked\r\ncontent-length: {}\r\n", length + 5),
                &format!("0\r\n\r\n{HIDDEN}"),
            ),
        ),
        ("two lengths", post(&format!("content-length: 0\r\ncontent-length: {length}\r\n"), HIDDEN)),
        ("two lengths in one", post(&format!("content-length: 0, {length}\r\n"), HIDDEN)),
        ("a signed length", post("content-length: +0\r\n", HIDDEN)),
        ("another coding", post("transfer-encoding: xchunked\r\n", &format!("0\r\n\r\n{HIDDEN}"))),
        ("chunks not last", post("transfer-encoding: chunked, gzip\r\n", &format!("0\r\n\r\n{HIDDEN}"))),
        ("a space before the colon", post("content-length : 5\r\n", HIDDEN)),
        ("a tab in the name", post("transfer-encoding\t: chunked\r\n", &format!("0\r\n\r\n{HIDDEN}"))),
        ("a folded header", post("x-a: b\r\n transfer-encoding: chunked\r\n", &format!("0\r\n\r\n{HIDDEN}"))),
        ("a NUL in a header", post("x-a: b\0c\r\ncontent-length: 0\r\n", HIDDEN)),
        (
            "chunks of HTTP/1.0",
            format!("POST /api/v1/things HTTP/1.0\r\n{MANAGER}transfer-encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        ),
        (
            "a chunk that is too large",
            post("transfer-encoding: chunked\r\n", &format!("ffffffffffffffffff\r\n\r\n{HIDDEN}")),
        ),
    ];
    for (name, bytes) in cases {
        let text = exchange(&server, bytes.as_bytes()).await;
        let statuses = answers(&text);
        assert!(statuses.len() <= 1, "{name}: {text}");
        assert!(!text.contains("\"open\":true"), "{name}: the hidden request was answered: {text}");
        assert!(statuses.first().is_none_or(|status| status.starts_with('4')), "{name}: {text}");
    }
}

#[tokio::test]
async fn lines_that_end_early_do_not_make_two_requests_of_one() {
    let server = serve(generous()).await;
    let bare = "GET /api/v1/things HTTP/1.1\nhost: test\nauthorization: Bearer reader\nx-a: b\r\n\r\n";
    let statuses = exchange(&server, bare.as_bytes()).await;
    assert_eq!(answers(&statuses).len(), 1, "one request, one answer: {statuses}");
    let within = format!(
        "POST /api/v1/things HTTP/1.1\r\n{MANAGER}transfer-encoding: chunked\r\n\r\n2;\nxx\r\n{{}}\r\n0\r\n\r\n{HIDDEN}"
    );
    let text = exchange(&server, within.as_bytes()).await;
    assert!(!text.contains("\"open\":true"), "{text}");
}

#[tokio::test]
async fn after_chunks_the_connection_ends_and_otherwise_it_stays() {
    let server = serve(generous()).await;
    let chunked = format!(
        "POST /api/v1/things HTTP/1.1\r\n{MANAGER}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n{HIDDEN}"
    );
    let text = exchange(&server, chunked.as_bytes()).await;
    assert_eq!(answers(&text), ["201"], "{text}");
    assert!(text.to_lowercase().contains("connection: close"), "{text}");
    let two = format!("GET /api/v1/things HTTP/1.1\r\n{READER}\r\n{HIDDEN}");
    assert_eq!(
        answers(&exchange(&server, two.as_bytes()).await),
        ["200", "200"],
        "two requests on one connection are two"
    );
}

#[tokio::test]
async fn a_request_without_a_host_or_with_two_is_refused() {
    let server = serve(generous()).await;
    for headers in ["", "host: a\r\nhost: b\r\n"] {
        let text = exchange(&server, format!("GET /api/v1/public HTTP/1.1\r\n{headers}\r\n").as_bytes()).await;
        assert_eq!(answers(&text), ["400"], "{text}");
    }
}

#[tokio::test]
async fn an_answer_cannot_be_split_by_what_was_asked() {
    let server = serve(generous()).await;
    for path in ["/api/v1/things/%0d%0aset-cookie:%20a=1", "/api/v1/things/a\rb", "/nowhere%0d%0a%0d%0ahi"] {
        let text =
            exchange(&server, format!("GET {path} HTTP/1.1\r\n{READER}x-request-id: a%0d%0ab\r\n\r\n").as_bytes())
                .await;
        assert!(!text.to_lowercase().contains("\nset-cookie"), "{text}");
        assert!(answers(&text).len() <= 1, "{text}");
    }
}

#[tokio::test]
async fn heads_that_flood_are_refused() {
    let server = serve(GatewaySettings { max_headers: 50, max_header_bytes: 8_192, ..generous() }).await;
    let many = "x-h: 1\r\n".repeat(200);
    let text = exchange(&server, format!("GET /api/v1/things HTTP/1.1\r\n{READER}{many}\r\n").as_bytes()).await;
    assert_eq!(answers(&text), ["431"], "{text}");
    let mut stream = TcpStream::connect(server.address).await.expect("connected");
    let endless = format!("GET /api/v1/things HTTP/1.1\r\n{READER}x-large: {}", "a".repeat(1_000_000));
    let _ = stream.write_all(endless.as_bytes()).await;
    let text = rest(&mut stream, PATIENCE).await;
    assert!(answers(&text).iter().all(|status| *status == "431"), "{text}");
    assert!(server.world.get("/api/v1/things").await.status == 200, "others are served");
}

/// Time that a caller who is too slow is given, and how soon he must be gone.
const GIVEN: u32 = 300;

async fn is_closed_in_time(mut stream: TcpStream) -> String {
    let begun = time::Instant::now();
    let text = rest(&mut stream, PATIENCE).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "it was held for {:?}", begun.elapsed());
    text
}

#[tokio::test]
async fn callers_that_never_end_their_head_are_closed() {
    let server = serve(GatewaySettings { header_timeout_ms: GIVEN, ..generous() }).await;
    for begun in ["", "P", "PRI * HTTP/2.0\r\n", "GET /api/v1/things HTTP/1.1\r\nhost: te"] {
        let mut stream = TcpStream::connect(server.address).await.expect("connected");
        stream.write_all(begun.as_bytes()).await.expect("sent");
        let text = is_closed_in_time(stream).await;
        assert!(!text.contains("HTTP/1.1 2"), "{begun}: {text}");
    }
}

#[tokio::test]
async fn a_byte_now_and_then_does_not_help() {
    let server = serve(GatewaySettings { header_timeout_ms: GIVEN, ..generous() }).await;
    let mut stream = TcpStream::connect(server.address).await.expect("connected");
    stream.write_all(b"GET /api/v1/things HTTP/1.1\r\n").await.expect("sent");
    let begun = time::Instant::now();
    let mut number = 0;
    while stream.write_all(format!("x-{number}: 1\r\n").as_bytes()).await.is_ok() {
        number += 1;
        assert!(begun.elapsed() < Duration::from_secs(5), "it still listens");
        time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn callers_that_never_end_their_body_are_refused() {
    let server = serve(GatewaySettings { body_timeout_ms: GIVEN, ..generous() }).await;
    let mut stream = TcpStream::connect(server.address).await.expect("connected");
    let begun = format!("POST /api/v1/things HTTP/1.1\r\n{MANAGER}content-length: 100\r\n\r\n{{");
    stream.write_all(begun.as_bytes()).await.expect("sent");
    let text = is_closed_in_time(stream).await;
    assert_eq!(answers(&text), ["408"], "{text}");
    assert!(text.contains("gateway.slow_body"), "{text}");
}

#[tokio::test]
async fn who_ends_while_the_body_comes_does_nothing_by_it() {
    let server = serve(generous()).await;
    let mut stream = TcpStream::connect(server.address).await.expect("connected");
    let begun = format!("POST /api/v1/things HTTP/1.1\r\n{MANAGER}content-length: 2\r\n\r\n{{");
    stream.write_all(begun.as_bytes()).await.expect("sent");
    time::sleep(Duration::from_millis(800)).await;
    server.world.ended.lock().expect("whole").push("manager".to_owned());
    stream.write_all(b"}").await.expect("sent");
    let text = rest(&mut stream, Duration::from_secs(2)).await;
    assert_eq!(answers(&text), ["401"], "{text}");
}

#[tokio::test]
async fn beyond_the_most_connections_callers_wait_and_are_then_served() {
    let settings = generous();
    let wire = Wire { max_connections: 2, ..settings.wire().expect("a wire") };
    let server = serve_with(settings, wire).await;
    let held = [
        TcpStream::connect(server.address).await.expect("one"),
        TcpStream::connect(server.address).await.expect("two"),
    ];
    time::sleep(Duration::from_millis(50)).await;
    let mut third = TcpStream::connect(server.address).await.expect("in the queue of the system");
    third.write_all(HIDDEN.as_bytes()).await.expect("sent");
    assert_eq!(rest(&mut third, Duration::from_millis(300)).await, "", "nobody listens yet");
    drop(held);
    assert!(rest(&mut third, Duration::from_secs(2)).await.contains("\"open\":true"));
}
