//! A gateway around made-up operations, with callers by role.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header, request::Builder},
};
use cache::MemoryLimits;
use crypto::{KeyRing, Limits as KeyLimits, MasterKeys, MemoryKeyStore};
use futures::FutureExt as _;
use gateway::{Answers, Gates, Gateway, GatewaySettings, MIGRATIONS, Rate};
use http_edge::{Authenticate, Authenticated, Credential, HttpError, Operation};
use kernel::{Actor, ManualClock, Permission, Source, SystemChance, Timestamp, UserId, Who, WorkspaceId, uuid::Uuid};
use serde_json::Value;
use testkit::Place;
use tower::ServiceExt as _;

use crate::operations::{State, operations};

/// Roles of these tests, and what they may.
pub(crate) const ROLES: [(&str, &[Permission]); 3] = [
    ("reader", &[Permission::EventsRead]),
    ("manager", &[Permission::EventsRead, Permission::JobsManage]),
    ("guest", &[]),
];

pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) operations: Vec<Operation>,
    pub(crate) state: Arc<State>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) answers: Answers,
    pub(crate) place: Place,
    /// Credentials that have ended meanwhile.
    pub(crate) ended: Arc<Mutex<Vec<String>>>,
    gates: Gates,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("JSON: {:?}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
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

fn workspace() -> WorkspaceId {
    WorkspaceId(Uuid::from_bytes([1; 16]))
}

/// `ann` and `bob` before a role are two users: `ann-manager`.
fn authenticate(ended: &Arc<Mutex<Vec<String>>>) -> Authenticate {
    let ended = Arc::clone(ended);
    Arc::new(move |credential: Credential| {
        let (text, is_session) = (credential.expose().to_owned(), matches!(credential, Credential::Session(_)));
        let has_ended = ended.lock().expect("whole").contains(&text);
        async move {
            if has_ended {
                return Err(HttpError::NobodyKnown.into());
            }
            let (user, role) = text.split_once('-').unwrap_or(("ann", &text));
            let (_, permissions) = ROLES.iter().find(|(name, _)| *name == role).ok_or(HttpError::NobodyKnown)?;
            let user_id = UserId(Uuid::from_bytes([user.as_bytes()[0]; 16]));
            Ok(Authenticated {
                actor: Actor::new(workspace(), Who::User(user_id), *permissions),
                session: is_session.then(|| format!("session of {text}").into()),
                limit_key: format!("user:{user}").into(),
            })
        }
        .boxed()
    })
}

impl World {
    pub(crate) async fn new(settings: GatewaySettings) -> Self {
        Self::on(testkit::memory().await, settings).await
    }

    pub(crate) async fn on(place: Place, settings: GatewaySettings) -> Self {
        let start = Timestamp(1_767_323_045_000_000);
        let clock = Arc::new(ManualClock::at(start));
        let source = Source { clock: clock.clone(), chance: Arc::new(SystemChance) };
        place.database.migrate(MIGRATIONS.to_vec(), start).await.expect("tables");
        let master = MasterKeys::random(&SystemChance);
        let keys = KeyRing::new(Arc::new(MemoryKeyStore::default()), master, source.clone(), KeyLimits::default());
        let answers = Answers::new(place.database.clone(), keys, source.clone());
        let ended = Arc::default();
        let gates = Gates {
            authenticate: authenticate(&ended),
            limits: Arc::new(MemoryLimits::new(clock.clone(), 10_000)),
            answers: answers.clone(),
            csrf_key: [9; 32].into(),
            source,
        };
        let state = Arc::new(State::default());
        let operations = operations(&state);
        let router = Gateway::mount(&settings, gates.clone(), &operations).expect("mounted");
        Self { router, operations, state, clock, answers, place, ended, gates }
    }

    pub(crate) fn gates(&self) -> Gates {
        self.gates.clone()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(as_role("reader", Request::get(path)).body(Body::empty()).expect("a request")).await
    }

    /// A JSON body from the manager.
    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send(post(path, headers, body)).await
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body").to_vec();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

pub(crate) fn as_role(role: &str, request: Builder) -> Builder {
    from("203.0.113.7:4000", request)
        .header(header::HOST, "test")
        .header(header::AUTHORIZATION, format!("Bearer {role}"))
}

/// A request of nobody in particular.
pub(crate) fn plain(request: Builder) -> Builder {
    from("203.0.113.7:4000", request).header(header::HOST, "test")
}

pub(crate) fn from(peer: &str, request: Builder) -> Builder {
    request.extension(ConnectInfo(peer.parse::<SocketAddr>().expect("an address")))
}

pub(crate) fn post(path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = as_role("manager", Request::post(path)).header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).expect("a request")
}

pub(crate) fn empty(request: Builder) -> Request<Body> {
    request.body(Body::empty()).expect("a request")
}

pub(crate) const OK: u16 = StatusCode::OK.as_u16();
