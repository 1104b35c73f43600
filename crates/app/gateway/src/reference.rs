//! The API's description, and a page that people read it on. The page asks nobody but us, and has no script in line.

use axum::{
    body::Bytes,
    http::{HeaderName, StatusCode, header},
};
use http_edge::{About, Access, Budget, Operation, document};

const HTML: &str = include_str!("assets/reference.html");
const SCRIPT: &str = include_str!("assets/reference.js");
const STYLE: &str = include_str!("assets/reference.css");

/// For an hour: the document changes with the version of the product.
const CACHED: &str = "public, max-age=3600";

/// `GET /api/openapi.json` with the document of `operations`, and `/api/docs`. To be mounted with them; not part of the
/// document itself.
#[must_use]
pub fn reference(about: About, operations: &[Operation]) -> Vec<Operation> {
    let json = Bytes::from(document(about, operations).to_string());
    let files: [(&'static str, &'static str, &'static str, Bytes); 4] = [
        ("show_openapi", "/api/openapi.json", "application/json", json),
        ("show_reference", "/api/docs", "text/html; charset=utf-8", Bytes::from_static(HTML.as_bytes())),
        (
            "show_reference_script",
            "/api/docs/reference.js",
            "text/javascript; charset=utf-8",
            Bytes::from_static(SCRIPT.as_bytes()),
        ),
        (
            "show_reference_style",
            "/api/docs/reference.css",
            "text/css; charset=utf-8",
            Bytes::from_static(STYLE.as_bytes()),
        ),
    ];
    files.into_iter().map(file).collect()
}

fn file((id, path, kind, bytes): (&'static str, &'static str, &'static str, Bytes)) -> Operation {
    let headers: [(HeaderName, &'static str); 2] = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, CACHED)];
    Operation::get(id, path, Access::Public)
        .budget(Budget::Read)
        .answers_as(kind)
        .only_rest()
        .by(move || async move { (StatusCode::OK, headers, bytes) }, &())
}
