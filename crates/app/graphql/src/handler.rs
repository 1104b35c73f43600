//! An operation called in process, held to what the gateway holds it to over REST.
//!
//! Invariants: no handler runs before its budget was charged and its access checked, in the order of the gateway; it sees
//! the request that REST would have sent, so that both give the same answer and the same refusal.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};
use futures::FutureExt as _;
use http_edge::{Access, Authenticate, Caller, Charge, HttpError, Operation};
use serde_json::Value;
use tokio::time;
use tower::ServiceExt as _;

use crate::{GraphqlError, asker::Asker, refusal::Refusal};

/// Key of the version of an answer, beside its own members; no member of an answer is called so.
pub(crate) const VERSION: &str = "\u{0}version";

/// What the edge lends: who a credential belongs to, and budgets.
#[derive(Clone)]
pub struct Edge {
    /// Whose a credential is: for `WebSockets`, which show theirs in a message, and for streams, to look again.
    pub authenticate: Authenticate,
    /// Takes from a budget: `gateway::charge`.
    pub charge: Charge,
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Edge")
    }
}

/// What a call is given.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) path: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
    pub(crate) version: Option<String>,
}

/// Limits of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) timeout: Duration,
    pub(crate) max_bytes: usize,
}

/// An operation that can be called.
#[derive(Debug, Clone)]
pub(crate) struct Handler {
    pub(crate) operation: Operation,
    router: Router,
}

impl Handler {
    pub(crate) fn new(operation: &Operation) -> Self {
        // A router of its own, because parts of the path are read by it.
        Self { operation: operation.clone(), router: Router::new().route(operation.path(), operation.route()) }
    }

    /// The whole answer: JSON, a text, or `true` where there is none.
    pub(crate) async fn json(
        &self,
        edge: &Edge,
        asker: &Asker,
        given: Given,
        bounds: Bounds,
    ) -> Result<Value, Refusal> {
        let response = self.open(edge, asker, given, bounds).await?;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, bounds.max_bytes).await.map_err(|_| {
            let most = u64::try_from(bounds.max_bytes).unwrap_or(u64::MAX);
            GraphqlError::BeyondLimit { what: "bytes of an answer", most }
        })?;
        let broken = || self.broken();
        if parts.status.is_client_error() || parts.status.is_server_error() {
            return Err(Refusal::read(&parts, &bytes).unwrap_or_else(broken));
        }
        if parts.status == StatusCode::NO_CONTENT || bytes.is_empty() {
            return Ok(Value::Bool(true));
        }
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/json") {
            return String::from_utf8(bytes.into()).map(Value::String).map_err(|_| broken());
        }
        let mut value: Value = serde_json::from_slice(&bytes).map_err(|_| broken())?;
        let tag = parts.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(|tag| tag.trim_matches('"'));
        if let (Some(version), Some(members)) = (tag.filter(|_| self.operation.has_version()), value.as_object_mut()) {
            members.insert(VERSION.into(), version.into());
        }
        Ok(value)
    }

    /// The answer as it begins.
    pub(crate) async fn open(
        &self,
        edge: &Edge,
        asker: &Asker,
        given: Given,
        bounds: Bounds,
    ) -> Result<Response, Refusal> {
        let access = self.operation.access();
        let actor = asker.actor(access)?;
        (edge.charge)(self.operation.draws_on(), asker.payer(access)).await?;
        if let (Access::Needs(permission), Some(actor)) = (access, actor) {
            actor.require(permission).map_err(http_edge::Problem::from)?;
        }
        let request = self.request(asker, given)?;
        let running = AssertUnwindSafe(self.router.clone().oneshot(request)).catch_unwind();
        let timeout = self.operation.timeout().unwrap_or(bounds.timeout);
        match time::timeout(timeout, running).await {
            Ok(Ok(Ok(response))) => Ok(response),
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(_panic)) => Err(self.broken()),
            Err(_) => Err(GraphqlError::TimedOut { millis: timeout.as_millis() }.into()),
        }
    }

    fn request(&self, asker: &Asker, given: Given) -> Result<Request, Refusal> {
        let uri = self.uri(&given)?;
        let mut request = Request::builder().method(self.operation.method()).uri(uri);
        if let Some(agent) = &asker.agent {
            request = request.header(header::USER_AGENT, agent);
        }
        if let Some(version) = &given.version {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        let body = match given.body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let mut request = request.body(body).map_err(|_| self.no_route())?;
        request.extensions_mut().insert(asker.from);
        request.extensions_mut().insert(asker.correlation.clone());
        if let Some(actor) = asker.actor(self.operation.access())? {
            request.extensions_mut().insert(Caller(actor.clone()));
        }
        Ok(request)
    }

    fn uri(&self, given: &Given) -> Result<String, Refusal> {
        let mut uri = String::with_capacity(64);
        for part in self.operation.path().split('/').skip(1) {
            uri.push('/');
            match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                None => uri.push_str(part),
                Some(name) => {
                    let value = given.path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
                    encode(&mut uri, value).ok_or_else(|| self.no_route())?;
                }
            }
        }
        if !given.query.is_empty() {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&given.query).finish();
            uri.push('?');
            uri.push_str(&query);
        }
        Ok(uri)
    }

    fn no_route(&self) -> Refusal {
        let (method, path): (Method, String) = (self.operation.method().clone(), self.operation.path().to_owned());
        http_edge::Problem::from(HttpError::NoRoute { method, path }).into()
    }

    fn broken(&self) -> Refusal {
        GraphqlError::Broken { operation: self.operation.id() }.into()
    }
}

/// A part of a path. `None` for what no path of REST could have reached the handler with: such a part names nothing.
fn encode(uri: &mut String, value: &str) -> Option<()> {
    let hides = |byte: u8| matches!(byte, 0..=0x1f | 0x7f | b'/' | b'\\');
    if value.is_empty() || value.bytes().any(hides) || value.bytes().all(|byte| byte == b'.') {
        return None;
    }
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~' | b'.') {
            uri.push(byte.into());
        } else {
            uri.push('%');
            for digit in [byte >> 4, byte & 15] {
                uri.push(char::from_digit(digit.into(), 16)?.to_ascii_uppercase());
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_path_are_encoded_or_name_nothing() {
        let encoded = |value: &str| {
            let mut uri = String::new();
            encode(&mut uri, value).map(|()| uri)
        };
        for (value, expected) in
            [("a-b_c.7~", "a-b_c.7~"), ("a b?c#d%", "a%20b%3Fc%23d%25"), ("é", "%C3%A9"), ("33", "33")]
        {
            assert_eq!(encoded(value).as_deref(), Some(expected));
        }
        for value in ["", ".", "..", "a/b", "a\\b", "a\nb", "\0"] {
            assert_eq!(encoded(value), None, "{value:?}");
        }
    }
}
