//! A shelf of tables, the operations over it, and callers.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use contracts::{
    Refused,
    lakehouse::{AssetTexts, ReadAssets},
};
use futures::{FutureExt, future::BoxFuture};
use http_edge::{Access, Caller, Operation};
use kernel::{Actor, Cancel, ErrorKind, Permission, Who, WorkspaceId};
use resolution_http::{Served, module};
use serde_json::Value;
use testkit::{Place, TestApp};
use tower::ServiceExt;

/// Somebody who may do everything, in a workspace of their own.
pub(crate) fn stranger() -> Actor {
    Actor::system(WorkspaceId::new())
}

/// Tables by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf {
    workspace: Option<WorkspaceId>,
    tables: BTreeMap<String, Columns>,
}

#[derive(Debug, Clone)]
struct Columns(Vec<String>, Vec<Vec<String>>);

impl AssetTexts for Columns {
    fn names(&self) -> &[String] {
        &self.0
    }

    fn texts<'a>(&'a self, column: usize) -> Box<dyn Iterator<Item = &'a str> + Send + 'a> {
        Box::new(self.1[column].iter().map(String::as_str))
    }
}

impl Shelf {
    /// A table from lines with commas.
    pub(crate) fn put(&mut self, name: &str, header: &str, lines: &[String]) {
        let names: Vec<String> = header.split(',').map(str::to_owned).collect();
        let column =
            |at: usize| lines.iter().map(|line| line.split(',').nth(at).unwrap_or_default().to_owned()).collect();
        let columns = (0..names.len()).map(column).collect();
        self.tables.insert(name.to_owned(), Columns(names, columns));
    }
}

impl ReadAssets for Shelf {
    fn read<'a>(
        &'a self,
        workspace: WorkspaceId,
        asset: &'a str,
        (most, _): (u64, &'a Cancel),
    ) -> BoxFuture<'a, Result<Box<dyn AssetTexts>, Refused>> {
        async move {
            let refuse = |kind, code, text: String| Refused { kind, code, text, why: None, remedy: None };
            if Some(workspace) != self.workspace {
                return Err(refuse(
                    ErrorKind::NotFound,
                    "lakehouse.other_workspace",
                    "this workspace has no lakehouse here".to_owned(),
                ));
            }
            let found = self.tables.get(asset).cloned();
            let table = found.ok_or_else(|| {
                refuse(ErrorKind::NotFound, "lakehouse.unknown_asset", format!("there is no asset `{asset}`"))
            })?;
            if table.1[0].len() as u64 > most {
                return Err(refuse(
                    ErrorKind::Invalid,
                    "lakehouse.too_many_rows",
                    format!("there are more than {most}"),
                ));
            }
            Ok(Box::new(table) as Box<dyn AssetTexts>)
        }
        .boxed()
    }
}

const GIVEN: [&str; 8] = ["Anna", "Bertram", "Cecilia", "Dietrich", "Elisabeth", "Friedrich", "Gudrun", "Heinrich"];
const FAMILY: [&str; 10] = [
    "Abendroth",
    "Birkenfeld",
    "Czerny",
    "Dornbusch",
    "Eichinger",
    "Falkenstein",
    "Grauwinkel",
    "Hohenberg",
    "Ilmenau",
    "Jagodzinski",
];

/// A person by number: its given name, family name, birth date, mail.
fn person(number: usize) -> String {
    let (given, family) = (GIVEN[number % 8], FAMILY[(number * 7 + number / 8) % 10]);
    let day = format!("19{:02}-{:02}-{:02}", 40 + number % 50, 1 + number % 12, 1 + (number * 5) % 28);
    format!("{given},{family},{day},{}.{}{number}@example.org", given.to_lowercase(), family.to_lowercase())
}

/// `people`: 60 records of 48 people, of whom the first 12 are there twice. `members` and `guests`: 40 each, of whom 20 are the same.
fn shelf(workspace: WorkspaceId) -> Shelf {
    let mut shelf = Shelf { workspace: Some(workspace), tables: BTreeMap::new() };
    let line = |prefix: &str, number: usize| format!("{prefix}{number:03},{},{number}", person(number));
    let people: Vec<String> =
        (0..48).map(|number| line("a", number)).chain((0..12).map(|number| line("b", number))).collect();
    shelf.put("silver.people", "key,given_name,surname,birth_date,email,truth", &people);
    let pairs: Vec<String> = (0..48)
        .map(|number| format!("a{number:03},p{number}"))
        .chain((0..12).map(|number| format!("b{number:03},p{number}")))
        .collect();
    shelf.put("gold.truth", "record,person", &pairs);
    let members: Vec<String> = (0..40).map(|number| line("m", number)).collect();
    let guests: Vec<String> = (20..60).map(|number| line("g", number)).collect();
    shelf.put("silver.members", "key,given_name,surname,birth_date,email,truth", &members);
    shelf.put("silver.guests", "key,given_name,surname,birth_date,email,truth", &guests);
    let links: Vec<String> = (20..40).map(|number| format!("m{number:03},g{number:03}")).collect();
    shelf.put("gold.links", "member,guest", &links);
    shelf.put(
        "silver.twice",
        "key,name",
        &["k1,x".to_owned(), "hidden@example.org,y".to_owned(), "hidden@example.org,z".to_owned()],
    );
    shelf
}

pub(crate) struct Rig {
    pub(crate) app: TestApp,
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
}

impl Rig {
    pub(crate) async fn new(place: Place) -> Self {
        let workspace = WorkspaceId::new();
        let assets: Arc<dyn ReadAssets> = Arc::new(shelf(workspace));
        let app = TestApp::start_in(place, workspace, &[module(&assets)]).await;
        let operations = Served::new(assets, &app.log, &app.jobs).operations();
        Self { app, operations }
    }

    pub(crate) async fn in_memory() -> Self {
        Self::new(testkit::memory().await).await
    }

    /// Everything but this.
    pub(crate) fn without(&self, left: Permission) -> Actor {
        let kept = Permission::ALL.iter().copied().filter(|each| *each != left);
        Actor::new(self.app.workspace, Who::System, kept.collect::<Vec<_>>())
    }

    pub(crate) async fn call(
        &self,
        actor: Option<&Actor>,
        (method, path): (Method, &str),
        body: Option<Value>,
    ) -> Answer {
        let mut router: Router = Router::new();
        let mut places: BTreeMap<&str, axum::routing::MethodRouter> = BTreeMap::new();
        for operation in &self.operations {
            let place = places.remove(operation.path()).unwrap_or_default();
            places.insert(operation.path(), place.merge(operation.route()));
        }
        for (path, route) in places {
            router = router.route(path, route);
        }
        let mut request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        if let Some(actor) = actor {
            request = request.extension(Caller(actor.clone()));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = router.oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 22).await.expect("a body");
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

    /// The address of a run that has ended.
    pub(crate) async fn run(&self, task: Value) -> String {
        let started = self.post(&self.app.system(), "/api/v1/resolution-runs", task).await;
        assert_eq!(started.status, StatusCode::ACCEPTED, "{}", started.json);
        self.app.settle().await;
        started.headers[header::LOCATION].to_str().expect("an address").to_owned()
    }
}

/// The permission that an operation names.
pub(crate) fn needed(operation: &Operation) -> Permission {
    let Access::Needs(permission) = operation.access() else { panic!("{operation:?}") };
    permission
}
