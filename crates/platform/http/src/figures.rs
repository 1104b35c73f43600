//! The figures of the process over HTTP, at `/metrics`. Absent on purpose: who may see them, which the gateway decides.

use axum::{Router, http::header, routing::get};
use telemetry::Metrics;

/// The text format of Prometheus, version 0.0.4.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A router with `/metrics`; without figures it has no route.
pub fn figures(metrics: Option<Metrics>) -> Router {
    let Some(metrics) = metrics else { return Router::new() };
    let show = move || async move { ([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics.render()) };
    Router::new().route("/metrics", get(show))
}
