//! A tiny shop in a scratch folder, the operations over it, and callers.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
    routing::MethodRouter,
};
use http_edge::{Access, Caller, Operation};
use kernel::{Actor, Cancel, Clock, ErrorKind, ManualClock, Permission, Timestamp, Who, WorkspaceId};
use lakehouse::{Grouping, Records, Refusal, Resolver};
use lakehouse_http::{Served, ServedProject};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{Place, TestApp};
use tokio::runtime::{Builder, Handle, Runtime};
use tower::ServiceExt;

/// 2026-01-02T03:04:05Z in microseconds.
const NOW: Timestamp = Timestamp(1_767_323_045_000_000);
const FILES: [(&str, &str); 6] = [
    (
        "grayghost.toml",
        "[project]\nname = \"shop\"\nid = \"01920000-0000-7000-8000-000000000000\"\n[lake]\ncompact_small_files = 8\n",
    ),
    (
        "sources/tills.yml",
        "table: bronze.tills_raw\npaths: [files/*.csv]\ncolumns:\n  - {name: till, headers: [Till], required: true}\n  - {name: item, headers: [Item], required: true}\n  - {name: pieces, headers: [Pieces], required: true}\n",
    ),
    (
        "models/silver/sales.sql",
        "{{ config(tags=['shop']) }} select till, item, cast(pieces as bigint) as pieces, cast(pieces as decimal(10,2)) as price from {{ source('tills') }}",
    ),
    (
        "models/silver/sales.yml",
        "owner: ann\ncolumns:\n  - {name: pieces, type: bigint}\nexpectations:\n  - expression_is_true: {id: few, expression: pieces < 3, severity: warn}\n",
    ),
    (
        "models/gold/by_item.sql",
        "select item, cast(sum(pieces) as bigint) as pieces from {{ ref('sales') }} group by item",
    ),
    (
        "models/mart/best.sql",
        "{{ config(materialized='view') }} select item from {{ ref('by_item') }} where pieces > 4",
    ),
];
const MONDAY: &str = "Till,Item,Pieces\n1,tea,3\n1,milk,1\n2,tea,2\n";

/// Somebody who may do everything, in a workspace of their own.
pub(crate) fn stranger() -> Actor {
    Actor::system(WorkspaceId::new())
}

/// No model of the shop asks.
#[derive(Debug)]
struct NotAsked;

impl Resolver for NotAsked {
    fn identity(&self, _: &Grouping) -> Result<String, Refusal> {
        Err(Refusal { kind: ErrorKind::NotFound, code: "test.not_asked", text: String::new(), remedy: None })
    }

    fn resolve(
        &self,
        how: &Grouping,
        _: Records,
        _: Vec<(String, String)>,
        _: &Cancel,
    ) -> Result<Vec<String>, Refusal> {
        self.identity(how).map(|name| vec![name])
    }
}

/// Threads apart from those of the test.
pub(crate) struct Compute(Option<Runtime>);

impl Default for Compute {
    fn default() -> Self {
        Self(Some(
            Builder::new_multi_thread()
                .worker_threads(2)
                .thread_stack_size(16 << 20)
                .enable_all()
                .build()
                .expect("threads"),
        ))
    }
}

impl Compute {
    pub(crate) fn handle(&self) -> Handle {
        self.0.as_ref().expect("until it is dropped").handle().clone()
    }
}

impl Drop for Compute {
    fn drop(&mut self) {
        self.0.take().expect("once").shutdown_background();
    }
}

pub(crate) struct Rig {
    folder: TempDir,
    pub(crate) app: TestApp,
    /// Of the runs: they are listed in the order in which they began.
    time: Arc<ManualClock>,
    /// Where statements are computed.
    pub(crate) compute: Compute,
    pub(crate) operations: Vec<Operation>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) fn told(&self) -> (u16, &str) {
        (self.status.as_u16(), self.json["code"].as_str().unwrap_or_default())
    }

    /// A member of each item.
    pub(crate) fn column(&self, name: &str) -> Vec<Value> {
        self.json["items"].as_array().expect("items").iter().map(|item| item[name].clone()).collect()
    }
}

impl Rig {
    /// The shop, with nothing loaded.
    pub(crate) async fn new(place: Place) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (root, workspace) = (folder.path().join("shop"), WorkspaceId::new());
        let time = Arc::new(ManualClock::at(NOW));
        let (clock, resolver): (Arc<dyn Clock>, Arc<dyn Resolver>) = (Arc::clone(&time) as _, Arc::new(NotAsked));
        let module = lakehouse::module(&root, workspace, Arc::clone(&clock), Arc::clone(&resolver));
        let app = TestApp::start_in(place, workspace, &[module]).await;
        let project = ServedProject { root, workspace, clock, resolver };
        let compute = Compute::default();
        let operations = Served::new(project, (&app.log, &app.jobs), compute.handle()).operations();
        let rig = Self { folder, app, time, compute, operations };
        for (path, text) in FILES {
            rig.write(path, text);
        }
        rig.write("files/monday.csv", MONDAY);
        rig
    }

    /// The shop after a run.
    pub(crate) async fn loaded() -> Self {
        let rig = Self::new(testkit::sqlite().await).await;
        rig.run(json!({})).await;
        rig
    }

    /// Starts a run and waits for its end.
    pub(crate) async fn run(&self, asked: Value) {
        self.time.advance_micros(1_000_000);
        let started = self.post(&self.app.system(), "/api/v1/runs", asked).await;
        assert_eq!(started.status, StatusCode::ACCEPTED, "{}", started.json);
        self.app.settle().await;
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path("shop").join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Everything but this.
    pub(crate) fn without(&self, left: Permission) -> Actor {
        let kept = Permission::ALL.iter().copied().filter(|each| *each != left);
        Actor::new(self.app.workspace, Who::System, kept.collect::<Vec<_>>())
    }

    pub(crate) fn router(&self) -> Router {
        let mut places: BTreeMap<&str, MethodRouter> = BTreeMap::new();
        for operation in &self.operations {
            let place = places.remove(operation.path()).unwrap_or_default();
            places.insert(operation.path(), place.merge(operation.route()));
        }
        places.into_iter().fold(Router::new(), |router, (path, route)| router.route(path, route))
    }

    pub(crate) fn request(actor: Option<&Actor>, (method, path): (Method, &str), body: Option<Value>) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        if let Some(actor) = actor {
            request = request.extension(Caller(actor.clone()));
        }
        request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).expect("a request")
    }

    pub(crate) async fn call(&self, actor: Option<&Actor>, at: (Method, &str), body: Option<Value>) -> Answer {
        let response = self.router().oneshot(Self::request(actor, at, body)).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 24).await.expect("a body");
        Answer {
            status: parts.status,
            headers: parts.headers,
            json: serde_json::from_slice(&bytes).unwrap_or_default(),
        }
    }

    pub(crate) async fn get(&self, actor: &Actor, path: &str) -> Answer {
        self.call(Some(actor), (Method::GET, path), None).await
    }

    pub(crate) async fn post(&self, actor: &Actor, path: &str, body: Value) -> Answer {
        self.call(Some(actor), (Method::POST, path), Some(body)).await
    }

    pub(crate) async fn ask(&self, question: Value) -> Answer {
        self.post(&self.app.system(), "/api/v1/sql", question).await
    }
}

/// The permission that an operation names.
pub(crate) fn needed(operation: &Operation) -> Permission {
    let Access::Needs(permission) = operation.access() else { panic!("{operation:?}") };
    permission
}
