//! GraphQL over a WebSocket.

use std::{sync::atomic::Ordering, time::Duration};

use futures::{SinkExt as _, StreamExt as _};
use graphql::GraphqlSettings;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _, http::HeaderValue},
};

use crate::world::{Server, World};

const PATIENCE: Duration = Duration::from_secs(10);

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

async fn connect(server: &Server, headers: &[(&'static str, &str)]) -> Result<Client, u16> {
    let mut request = format!("ws://{}/graphql", server.address).into_client_request().expect("a request");
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a header"));
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(Client(socket)),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

impl Client {
    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("sent");
    }

    /// The next message, or the code that the connection was closed with.
    async fn hear(&mut self) -> Result<Value, u16> {
        loop {
            match time::timeout(PATIENCE, self.0.next()).await.expect("something comes") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(0, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(0),
            }
        }
    }

    async fn begin(&mut self, payload: Value) -> Result<Value, u16> {
        self.say(json!({ "type": "connection_init", "payload": payload })).await;
        self.hear().await
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "type": "subscribe", "id": id, "payload": { "query": query } })).await;
    }
}

async fn server(settings: GraphqlSettings) -> Server {
    Server::start(World::limited(settings).await).await
}

async fn begun(server: &Server) -> Client {
    let mut client = connect(server, &[]).await.expect("connected");
    assert_eq!(
        client.begin(json!({ "Authorization": "Bearer reader" })).await,
        Ok(json!({ "type": "connection_ack" }))
    );
    client
}

#[tokio::test]
async fn a_subscription_runs_to_its_end_beside_queries() {
    let server = server(GraphqlSettings::default()).await;
    let mut client = begun(&server).await;
    client.subscribe("a", "subscription { countdown(from: 2) { left } }").await;
    for left in [2, 1] {
        let next = json!({ "type": "next", "id": "a", "payload": { "data": { "countdown": { "left": left } } } });
        assert_eq!(client.hear().await, Ok(next));
    }
    assert_eq!(client.hear().await, Ok(json!({ "type": "complete", "id": "a" })));
    client.subscribe("b", "{ myEcho }").await;
    let echo = client.hear().await.expect("an answer");
    assert!(echo["payload"]["data"]["myEcho"]["caller"].is_string(), "{echo}");
    assert_eq!(client.hear().await, Ok(json!({ "type": "complete", "id": "b" })));
    client.subscribe("c", "{ nothing }").await;
    let error = client.hear().await.expect("an answer");
    let error =
        if error["type"] == "error" { error["payload"][0].clone() } else { error["payload"]["errors"][0].clone() };
    assert_eq!(error["extensions"]["code"], "graphql.bad_document");
    client.say(json!({ "type": "ping", "payload": { "a": 1 } })).await;
    while let Ok(message) = client.hear().await {
        if message["type"] == "pong" {
            assert_eq!(message["payload"], json!({ "a": 1 }));
            break;
        }
    }
}

#[tokio::test]
async fn who_speaks_is_known_by_the_message_or_by_the_header() {
    let server = server(GraphqlSettings::default()).await;
    let mut client = connect(&server, &[("authorization", "Bearer manager")]).await.expect("connected");
    assert!(client.begin(Value::Null).await.is_ok());
    client.subscribe("a", "{ workspaces { items { name } } }").await;
    assert!(client.hear().await.expect("an answer")["payload"]["data"]["workspaces"].is_object());
    let mut client = connect(&server, &[]).await.expect("connected");
    assert_eq!(client.begin(json!({ "Authorization": "Bearer nobody" })).await, Err(4403));
    let mut client = connect(&server, &[]).await.expect("connected");
    assert_eq!(client.begin(json!({ "Authorization": "reader" })).await, Err(4403));
    let mut client = connect(&server, &[]).await.expect("connected");
    assert_eq!(client.begin(json!({})).await, Err(4403), "what lasts is for nobody without a name");
    assert_eq!(connect(&server, &[("authorization", "Bearer nobody")]).await.err(), Some(401));
}

#[tokio::test]
async fn the_protocol_is_kept_to() {
    let server =
        server(GraphqlSettings { init_timeout_ms: 200, max_operations: 2, ..GraphqlSettings::default() }).await;
    let mut silent = connect(&server, &[]).await.expect("connected");
    assert_eq!(silent.hear().await, Err(4408));
    let mut early = connect(&server, &[]).await.expect("connected");
    early.subscribe("a", "{ text }").await;
    assert_eq!(early.hear().await, Err(4401));
    let mut twice = begun(&server).await;
    assert_eq!(twice.begin(json!({})).await, Err(4429));
    let mut babbling = begun(&server).await;
    babbling.say(json!({ "type": "shout" })).await;
    assert_eq!(babbling.hear().await, Err(4400));
    let endless = "subscription { countdown(from: 100000) { left } }";
    let mut same = begun(&server).await;
    same.subscribe("a", endless).await;
    same.subscribe("a", endless).await;
    while let Ok(message) = same.hear().await {
        assert_eq!(message["type"], "next");
    }
    let mut many = begun(&server).await;
    for id in ["a", "b", "c"] {
        many.subscribe(id, endless).await;
    }
    let refused = loop {
        let message = many.hear().await.expect("a message");
        if message["type"] == "error" {
            break message;
        }
    };
    assert_eq!(
        (&refused["id"], &refused["payload"][0]["extensions"]["code"]),
        (&json!("c"), &json!("graphql.too_many"))
    );
    for id in ["a", "b"] {
        many.say(json!({ "type": "complete", "id": id })).await;
    }
    many.subscribe("a", "{ text }").await;
    let last = loop {
        let message = many.hear().await.expect("a message");
        if message["payload"]["data"]["text"].is_string() {
            break message;
        }
    };
    assert_eq!(last["id"], "a", "an id may be used again, and its old answers are not mixed in");
    assert_eq!(many.hear().await, Ok(json!({ "type": "complete", "id": "a" })));
}

#[tokio::test]
async fn a_credential_that_ends_ends_what_it_was_for() {
    let server = server(GraphqlSettings { recheck_ms: 50, ..GraphqlSettings::default() }).await;
    let mut client = begun(&server).await;
    client.subscribe("a", "subscription { countdown(from: 100000) { left } }").await;
    assert_eq!(client.hear().await.expect("a message")["type"], "next");
    server.world.ended.store(true, Ordering::SeqCst);
    let last = loop {
        let message = client.hear().await.expect("a message");
        if message["payload"].get("errors").is_some() {
            break message;
        }
    };
    assert_eq!(last["payload"]["errors"][0]["extensions"]["code"], "http.nobody_known");
    assert_eq!(client.hear().await.expect("a message")["type"], "complete");
    client.subscribe("b", "{ text }").await;
    assert_eq!(client.hear().await, Err(4403), "it is looked at before each operation");
}

#[tokio::test]
async fn connections_have_a_number_a_page_of_their_own_and_an_end() {
    let server =
        server(GraphqlSettings { max_connections: 1, ping_ms: 50, idle_ms: 200, ..GraphqlSettings::default() }).await;
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        assert_eq!(connect(&server, &[("origin", origin)]).await.err(), Some(403), "{origin}");
    }
    // A browser sends the session along, whoever asks; without a word of which page it is, it is no browser of ours.
    assert_eq!(connect(&server, &[("cookie", "grayghost_session=manager")]).await.err(), Some(403));
    let own = format!("http://{}", server.address);
    let mut first =
        connect(&server, &[("origin", &own), ("cookie", "grayghost_session=manager")]).await.expect("connected");
    assert_eq!(connect(&server, &[]).await.err(), Some(429));
    assert!(first.begin(Value::Null).await.is_ok());
    assert_eq!(first.hear().await, Err(1000), "nothing was asked for");
    drop(first);
    time::sleep(Duration::from_millis(200)).await;
    assert!(connect(&server, &[]).await.is_ok(), "its place is free");
}
