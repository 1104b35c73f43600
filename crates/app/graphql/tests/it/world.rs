//! GraphQL over made-up operations, behind the gateway, with callers by role.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, header, request::Builder},
};
use cache::MemoryLimits;
use crypto::{KeyRing, Limits as KeyLimits, MasterKeys, MemoryKeyStore};
use futures::FutureExt as _;
use gateway::{Answers, Gates, Gateway, GatewaySettings, MIGRATIONS, Rate, charge};
use graphql::{Edge, GraphQl, GraphqlSettings};
use http_edge::{Authenticate, Authenticated, Credential, Ended, HttpError, Operation, listen, serve_on};
use kernel::{Actor, ManualClock, Permission, Source, SystemChance, Timestamp, UserId, Who, WorkspaceId, uuid::Uuid};
use serde_json::{Value, json};
use testkit::Place;
use tokio::{sync::oneshot, task::JoinHandle};
use tower::ServiceExt as _;

use crate::operations::{Calls, operations};

/// Roles of these tests, and what they may.
const ROLES: [(&str, &[Permission]); 3] = [
    ("reader", &[Permission::EventsRead]),
    ("manager", &[Permission::EventsRead, Permission::JobsManage]),
    ("guest", &[]),
];

pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) calls: Arc<Calls>,
    /// Credentials that have ended meanwhile.
    pub(crate) ended: Arc<AtomicBool>,
    pub(crate) operations: Vec<Operation>,
    _place: Place,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("JSON: {:?}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub(crate) fn data(&self) -> Value {
        let json = self.json();
        assert!(json.get("errors").is_none(), "{json}");
        json["data"].clone()
    }

    /// The code of the only error.
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        assert_eq!(json["errors"].as_array().map(Vec::len), Some(1), "{json}");
        json["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Budgets that no test uses up unawares.
pub(crate) fn generous() -> GatewaySettings {
    let rate = Rate { per_minute: 60_000, burst: 10_000 };
    GatewaySettings {
        per_address: rate,
        read: rate,
        write: rate,
        heavy: rate,
        sign_in: rate,
        ..GatewaySettings::default()
    }
}

fn authenticate(ended: &Arc<AtomicBool>) -> Authenticate {
    let ended = Arc::clone(ended);
    Arc::new(move |credential: Credential| {
        let (text, is_session) = (credential.expose().to_owned(), matches!(credential, Credential::Session(_)));
        let has_ended = ended.load(Ordering::SeqCst);
        async move {
            let role = ROLES.iter().find(|(name, _)| *name == text).filter(|_| !has_ended);
            let (name, permissions) = role.ok_or(HttpError::NobodyKnown)?;
            let user = UserId(Uuid::from_bytes([name.as_bytes()[0]; 16]));
            Ok(Authenticated {
                actor: Actor::new(WorkspaceId(Uuid::from_bytes([1; 16])), Who::User(user), *permissions),
                session: is_session.then(|| format!("session of {text}").into()),
                limit_key: format!("user:{name}").into(),
            })
        }
        .boxed()
    })
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(generous(), GraphqlSettings::default()).await
    }

    pub(crate) async fn limited(settings: GraphqlSettings) -> Self {
        Self::with(generous(), settings).await
    }

    pub(crate) async fn with(gateway: GatewaySettings, settings: GraphqlSettings) -> Self {
        let (calls, ended) = (Arc::new(Calls::default()), Arc::new(AtomicBool::new(false)));
        let operations = operations(&calls);
        let place = testkit::memory().await;
        let router = mount(&place, (gateway, settings), authenticate(&ended), &operations).await;
        Self { router, calls, ended, operations, _place: place }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    /// A document of somebody of this role, by POST.
    pub(crate) async fn ask(&self, role: &str, query: &str) -> Answer {
        self.ask_with(role, json!({ "query": query })).await
    }

    pub(crate) async fn ask_with(&self, role: &str, body: Value) -> Answer {
        self.send(posted(role, &[("accept", "application/graphql-response+json")], &body.to_string())).await
    }
}

/// A router with these operations, over REST and GraphQL.
pub(crate) async fn mount(
    place: &Place,
    (gateway, settings): (GatewaySettings, GraphqlSettings),
    authenticate: Authenticate,
    operations: &[Operation],
) -> Router {
    let start = Timestamp(1_767_323_045_000_000);
    let clock = Arc::new(ManualClock::at(start));
    let source = Source { clock: clock.clone(), chance: Arc::new(SystemChance) };
    place.database.migrate(MIGRATIONS.to_vec(), start).await.expect("tables");
    let keys = KeyRing::new(
        Arc::new(MemoryKeyStore::default()),
        MasterKeys::random(&SystemChance),
        source.clone(),
        KeyLimits::default(),
    );
    let limits = Arc::new(MemoryLimits::new(clock, 10_000));
    let edge = Edge { authenticate: authenticate.clone(), charge: charge(&gateway, limits.clone()).expect("budgets") };
    let graphql = GraphQl::new(settings, edge, operations).expect("a schema");
    let gates = Gates {
        authenticate,
        limits,
        answers: Answers::new(place.database.clone(), keys, source.clone()),
        csrf_key: [9; 32].into(),
        source,
    };
    let all = [operations.to_vec(), graphql.operations()].concat();
    Gateway::mount(&gateway, gates, &all).expect("mounted")
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body").to_vec();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

pub(crate) fn plain(request: Builder) -> Builder {
    let peer: SocketAddr = "203.0.113.7:4000".parse().expect("an address");
    request.extension(ConnectInfo(peer)).header(header::HOST, "test")
}

/// Nobody, for an empty role.
pub(crate) fn as_role(role: &str, request: Builder) -> Builder {
    let request = plain(request);
    if role.is_empty() { request } else { request.header(header::AUTHORIZATION, format!("Bearer {role}")) }
}

pub(crate) fn posted(role: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = as_role(role, Request::post("/graphql"));
    if headers.iter().all(|(name, _)| *name != "content-type") {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).expect("a request")
}

pub(crate) fn got(role: &str, query: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = as_role(role, Request::get(format!("/graphql{query}")));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).expect("a request")
}

/// A world on a port.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) world: World,
    _stop: oneshot::Sender<()>,
    _ending: JoinHandle<Ended>,
}

impl Server {
    pub(crate) async fn start(world: World) -> Self {
        let listener = listen(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { stopped.await.unwrap_or(()) };
        let wire = generous().wire().expect("a wire");
        let patience = std::time::Duration::from_secs(1);
        let ending = tokio::spawn(serve_on(listener, world.router.clone(), wire, shutdown, patience));
        Self { address, world, _stop: stop, _ending: ending }
    }
}
