//! Walks every operation, for tests that hold all of them to something: the permission table cell by cell, tenancy, that
//! nothing answers 5xx.

use axum::{
    Router,
    body::Body,
    http::{Method, Request, Response, header},
};
use http_edge::Operation;
use tower::ServiceExt as _;

/// What stands in the place of each part of a path: of the form of an id, and the id of nothing.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// A request for an operation, with parts of the path that name nothing and an empty object where a body is expected.
///
/// # Panics
/// Never: paths of operations are paths.
#[must_use]
pub fn request_for(operation: &Operation, bearer: Option<&str>) -> Request<Body> {
    let part = |part: &str| if part.starts_with('{') { NOTHING.to_owned() } else { part.to_owned() };
    let path = operation.path().split('/').map(part).collect::<Vec<_>>().join("/");
    let mut request = Request::builder().method(operation.method()).uri(path).header(header::HOST, "localhost");
    if let Some(token) = bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let has_body = !matches!(*operation.method(), Method::GET | Method::DELETE);
    let body = if has_body { Body::from("{}") } else { Body::empty() };
    if has_body {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    request.body(body).unwrap_or_default()
}

/// Asks for each operation once, as whoever the token is of, and gives the answers to `see`.
pub async fn walk(
    router: &Router,
    operations: &[Operation],
    bearer: Option<&str>,
    mut see: impl FnMut(&Operation, Response<Body>),
) {
    for operation in operations {
        let answered = router.clone().oneshot(request_for(operation, bearer)).await;
        match answered {
            Ok(response) => see(operation, response),
            Err(never) => match never {},
        }
    }
}
