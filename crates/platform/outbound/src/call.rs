//! One call and its answer.

use bytes::Bytes;
use reqwest::{Method, StatusCode, header::HeaderMap};
use url::Url;

/// What is asked.
#[derive(Clone)]
pub struct Call {
    /// GET and HEAD follow redirects; for all others a redirect is the answer.
    pub method: Method,
    /// Whom.
    pub url: Url,
    /// `Authorization` and `Cookie` are left out where a redirect leads to another origin.
    pub headers: HeaderMap,
    /// With what.
    pub body: Bytes,
}

/// Headers, body and query may hold secrets.
impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Call({} {})", self.method, self.url.host_str().unwrap_or_default())
    }
}

impl Call {
    /// Asks for what is there.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new() }
    }
}

/// What came back, whatever its status.
#[derive(Clone)]
pub struct Answer {
    /// Also those that say no.
    pub status: StatusCode,
    /// Of the last answer, where redirects came before it.
    pub headers: HeaderMap,
    /// No longer than the settings allow.
    pub body: Bytes,
}

/// A body may hold secrets.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}
