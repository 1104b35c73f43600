//! `GraphiQL`, from files of ours: nothing is loaded from elsewhere, and no script stands in the page.
//!
//! The files are those that `tools/graphiql` takes out of the published packages, compressed; their licences stand beside
//! them (`assets/NOTICE`). They are sent as they are: every browser reads gzip.

use axum::{
    body::Bytes,
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use http_edge::{Access, Operation};

const PAGE: &str = include_str!("assets/graphiql.html");
/// Changes with the version of the product.
const CACHED: &str = "public, max-age=86400";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Id, path, type and bytes.
type File = (&'static str, &'static str, &'static str, &'static [u8]);

const FILES: [File; 4] = [
    ("show_graphiql_script", "/graphql/assets/graphiql.js", SCRIPT, include_bytes!("assets/graphiql.js.gz")),
    ("show_graphiql_react", "/graphql/assets/react.js", SCRIPT, include_bytes!("assets/react.js.gz")),
    ("show_graphiql_style", "/graphql/assets/graphiql.css", STYLE, include_bytes!("assets/graphiql.css.gz")),
    ("show_graphiql_start", "/graphql/assets/start.js", SCRIPT, include_bytes!("assets/start.js")),
];

/// The page itself, at `/graphql`.
pub(crate) fn page() -> Response {
    Html(PAGE).into_response()
}

/// What the page loads.
pub(crate) fn files() -> Vec<Operation> {
    FILES.into_iter().map(file).collect()
}

fn file((id, path, kind, bytes): File) -> Operation {
    let plain: [(HeaderName, &'static str); 2] = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, CACHED)];
    let is_packed = bytes.starts_with(&[0x1f, 0x8b]);
    let packed = is_packed.then_some([(header::CONTENT_ENCODING, "gzip")]);
    let answer = move || async move {
        let mut response = (StatusCode::OK, plain, Bytes::from_static(bytes)).into_response();
        for (name, value) in packed.into_iter().flatten() {
            response.headers_mut().insert(name, axum::http::HeaderValue::from_static(value));
        }
        response
    };
    Operation::get(id, path, Access::Public).answers_as(kind).only_rest().by(answer, &())
}
