//! The spine with its operations mounted, and callers.

use api::{Live, LiveLimits, Spine};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
    response::Response,
};
use http_edge::{Access, Caller, Operation};
use kernel::{Actor, Permission, Who, WorkspaceId};
use serde_json::Value;
use testkit::{Place, TestApp};
use tower::ServiceExt;

/// Somebody who may do everything, in a workspace of their own.
pub(crate) fn stranger() -> Actor {
    Actor::system(WorkspaceId::new())
}

pub(crate) struct Rig {
    pub(crate) app: TestApp,
    pub(crate) operations: Vec<Operation>,
}

impl Rig {
    pub(crate) async fn new(modules: &[modules::Module]) -> Self {
        Self::on(testkit::memory().await, modules, LiveLimits::default()).await
    }

    pub(crate) async fn on(place: Place, modules: &[modules::Module], limits: LiveLimits) -> Self {
        let app = TestApp::start(place, modules).await;
        let operations = Spine { live: Live::new(limits), ..Spine::of(&app.log, &app.jobs) }.operations();
        Self { app, operations }
    }

    /// Everything but this.
    pub(crate) fn without(&self, access: Access) -> Actor {
        let left = Permission::ALL.iter().copied().filter(|each| Access::Needs(*each) != access);
        Actor::new(self.app.workspace, Who::System, left.collect::<Vec<_>>())
    }

    /// Status and body of a call; `None` for nobody.
    pub(crate) async fn call(
        &self,
        actor: Option<&Actor>,
        (method, path): (Method, &str),
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        if let Some(actor) = actor {
            request = request.extension(Caller(actor.clone()));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.send(request.body(body).expect("a request")).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// The answer, its body not read.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response {
        let mut router: Router = Router::new();
        for operation in &self.operations {
            router = router.route(operation.path(), operation.route());
        }
        router.oneshot(request).await.expect("an answer")
    }

    pub(crate) async fn get(&self, actor: &Actor, path: &str) -> (StatusCode, Value) {
        self.call(Some(actor), (Method::GET, path), None).await
    }

    pub(crate) async fn post(&self, actor: &Actor, path: &str) -> (StatusCode, Value) {
        self.call(Some(actor), (Method::POST, path), None).await
    }
}
