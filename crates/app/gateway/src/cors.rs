//! Pages of other origins: none may read answers, but for those on the list.
//!
//! Absent on purpose: credentials. A page of another origin sends a token; the session's cookie stays with our own pages.

use std::collections::HashSet;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header, request::Parts};

use crate::GatewayError;

const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-match, if-none-match, traceparent, x-csrf-token, x-request-id",
);
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "etag, idempotency-replayed, location, ratelimit-limit, ratelimit-policy, ratelimit-remaining, ratelimit-reset, \
     retry-after, x-request-id",
);
/// Seconds for which a browser remembers the answer; Chromium's most is two hours.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
const REQUEST_METHOD: HeaderName = header::ACCESS_CONTROL_REQUEST_METHOD;

/// The list.
#[derive(Debug)]
pub(crate) struct Cors(HashSet<HeaderValue>);

impl Cors {
    pub(crate) fn new(origins: &[String]) -> Result<Self, GatewayError> {
        let one = |origin: &String| {
            let is_one = origin.starts_with("https://") || origin.starts_with("http://");
            let bare =
                origin.split_once("://").is_some_and(|(_, host)| !host.is_empty() && !host.contains(['/', '*', ' ']));
            let value = HeaderValue::from_str(origin).ok().filter(|_| is_one && bare);
            value.ok_or_else(|| GatewayError::BadSetting {
                setting: "cors_origins",
                why: format!("holds `{origin}`, which is no origin such as `https://app.example.com`"),
            })
        };
        origins.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// The origin of the asking page, when it is on the list.
    pub(crate) fn allowed(&self, parts: &Parts) -> Option<HeaderValue> {
        if self.0.is_empty() {
            return None;
        }
        parts.headers.get(header::ORIGIN).filter(|origin| self.0.contains(*origin)).cloned()
    }

    /// Whether answers differ by origin, which caches must know.
    pub(crate) fn varies(&self) -> bool {
        !self.0.is_empty()
    }
}

/// A browser's question before the request (Fetch standard, 3.2.2).
pub(crate) fn is_preflight(parts: &Parts) -> bool {
    parts.method == Method::OPTIONS
        && parts.headers.contains_key(header::ORIGIN)
        && parts.headers.contains_key(REQUEST_METHOD)
}

/// A wish to go on as something else than HTTP: a WebSocket. Browsers ask nobody before they send one, so a page of any origin
/// may; what it is told by CORS comes too late.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE) || headers.contains_key(header::SEC_WEBSOCKET_KEY)
}

/// Whether the asking page is one of ours, by its host and port, or it is no page: programs send no `Origin`.
pub(crate) fn is_own(parts: &Parts) -> bool {
    let Some(origin) = parts.headers.get(header::ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|text| text.split_once("://")).map(|(_, host)| host);
    let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    matches!((origin, host), (Some(origin), Some(host)) if origin.eq_ignore_ascii_case(host))
}

/// What an allowed origin is told before a request.
pub(crate) fn permit(headers: &mut HeaderMap, methods: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
}

/// What an allowed origin is told with every answer.
pub(crate) fn share(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_origins_are_put_on_the_list() {
        for text in ["*", "app.example.com", "https://*.example.com", "https://a/b", "null", "https://", "https://a b"]
        {
            assert!(Cors::new(&[text.to_owned()]).is_err(), "{text}");
        }
        assert!(Cors::new(&["https://app.example.com".to_owned(), "http://localhost:5173".to_owned()]).is_ok());
    }
}
