//! Counts and durations of one route, registered once, so that a request costs two atomic steps.
//!
//! Invariant: a series is named by route, method and status alone, all from short lists of ours: nothing that a caller wrote.

use std::{sync::OnceLock, time::Duration};

use axum::http::StatusCode;
use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};

/// What handlers and layers of ours answer with; the rest share one series.
const STATUSES: [u16; 28] = [
    200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 400, 401, 403, 404, 405, 408, 409, 412, 413, 414, 415, 422, 429,
    431, 500, 502, 503, 504,
];

/// The figures of one method of one route.
#[derive(Debug)]
pub(crate) struct Figures {
    route: &'static str,
    method: &'static str,
    duration: OnceLock<Histogram>,
    counts: [OnceLock<Counter>; STATUSES.len() + 1],
}

/// Says what the figures are; once.
pub(crate) fn describe() {
    describe_counter!("grayghost_gateway_requests_total", "requests answered, by route, method and status");
    describe_histogram!(
        "grayghost_gateway_request_duration_seconds",
        "from a request's head to the head of its answer"
    );
}

impl Figures {
    /// `method` is one of HTTP's own, or `other`.
    pub(crate) fn new(route: &'static str, method: &'static str) -> Self {
        Self { route, method, duration: OnceLock::new(), counts: [const { OnceLock::new() }; STATUSES.len() + 1] }
    }

    pub(crate) fn record(&self, status: StatusCode, took: Duration) {
        let (route, method) = (self.route, self.method);
        let at = STATUSES.binary_search(&status.as_u16()).unwrap_or(STATUSES.len());
        let count = self.counts[at].get_or_init(|| {
            let status = STATUSES.get(at).map_or_else(|| "other".to_owned(), ToString::to_string);
            counter!("grayghost_gateway_requests_total", "route" => route, "method" => method, "status" => status)
        });
        count.increment(1);
        let duration = self.duration.get_or_init(
            || histogram!("grayghost_gateway_request_duration_seconds", "route" => route, "method" => method),
        );
        duration.record(took);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule_and_the_list_can_be_searched() {
        for name in ["grayghost_gateway_requests_total", "grayghost_gateway_request_duration_seconds"] {
            assert_eq!(telemetry::check_name(name), Ok(()), "{name}");
        }
        assert!(STATUSES.is_sorted());
    }
}
