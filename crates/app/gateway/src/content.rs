//! What is done to answers that are whole: a tag of their content, the short answer to who has it already, and compression.
//!
//! Invariants: an answer that holds a secret, or sets a cookie, is neither compressed nor tagged: its size would tell of its
//! content what a neighbour on the wire can make use of (BREACH: Gluck, Harris, Prado, Black Hat 2013).

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes, HttpBody as _},
    http::{HeaderMap, HeaderValue, Request, StatusCode, header, request::Parts},
    response::Response,
};
use tower::{Service as _, service_fn};
use tower_http::compression::{Compression, CompressionLevel, Predicate};
use xxhash_rust::xxh3::xxh3_128;

/// Below this an answer fits into one packet whether compressed or not.
const LEAST_COMPRESSED: u64 = 1_024;
/// Larger answers are not read as a whole for a tag.
const MOST_TAGGED: u64 = 4 * 1_024 * 1_024;

/// What the request says about the form of its answer.
#[derive(Debug)]
pub(crate) struct Wishes {
    encoding: Option<HeaderValue>,
    known: Option<HeaderValue>,
}

impl Wishes {
    pub(crate) fn of(parts: &Parts) -> Self {
        let get = |name| parts.headers.get(name).cloned();
        Self { encoding: get(header::ACCEPT_ENCODING), known: get(header::IF_NONE_MATCH) }
    }

    /// For a `GET` or `HEAD` that succeeded: its tag, or that the caller has it already.
    pub(crate) async fn tag(&self, response: Response) -> Response {
        if response.status() != StatusCode::OK || response.headers().contains_key(header::SET_COOKIE) {
            return response;
        }
        let (mut parts, mut body) = response.into_parts();
        if !parts.headers.contains_key(header::ETAG) && is_json(&parts.headers) {
            let size = body.size_hint().exact().unwrap_or(u64::MAX);
            if size <= MOST_TAGGED {
                // Whole already, so reading it neither waits nor copies.
                let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
                    return Response::from_parts(parts, Body::empty());
                };
                parts.headers.insert(header::ETAG, hash(&bytes));
                body = Body::from(bytes);
            }
        }
        let known = match (&self.known, parts.headers.get(header::ETAG)) {
            (Some(known), Some(tag)) => matches(known, tag),
            _ => false,
        };
        if known {
            parts.status = StatusCode::NOT_MODIFIED;
            for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
                parts.headers.remove(name);
            }
            body = Body::empty();
        }
        Response::from_parts(parts, body)
    }

    /// The answer in the best encoding that the caller takes.
    pub(crate) async fn compress(&self, response: Response) -> Response {
        let Some(accepted) = &self.encoding else { return response };
        if !is_worth_it(&response) {
            return response;
        }
        let status = response.status();
        let mut request = Request::new(());
        request.headers_mut().insert(header::ACCEPT_ENCODING, accepted.clone());
        let mut ready = Some(response);
        let given = service_fn(move |_: Request<()>| {
            let response = ready.take().unwrap_or_default();
            async move { Ok::<_, Infallible>(response) }
        });
        let mut compression = Compression::new(given).quality(CompressionLevel::Fastest).compress_when(Always);
        let mut response = match compression.call(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        };
        // Who takes no encoding at all (`identity;q=0`) is not told 406 for what is done already.
        *response.status_mut() = status;
        if response.headers().contains_key(header::CONTENT_ENCODING) {
            weaken(response.headers_mut());
        }
        response
    }
}

/// It was decided before.
#[derive(Clone, Copy)]
struct Always;

impl Predicate for Always {
    fn should_compress<B: axum::body::HttpBody>(&self, _: &axum::http::Response<B>) -> bool {
        true
    }
}

fn is_worth_it(response: &Response) -> bool {
    let headers = response.headers();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Events have to leave at once, and pictures are compressed already.
    let is_text = kind.starts_with("text/") && !kind.starts_with("text/event-stream")
        || kind.starts_with("application/")
            && (kind.contains("json") || kind.contains("javascript") || kind.contains("xml"))
        || kind.starts_with("image/svg");
    is_text
        && response.body().size_hint().exact().is_none_or(|size| size >= LEAST_COMPRESSED)
        && !headers.contains_key(header::SET_COOKIE)
        && !headers.contains_key(header::CONTENT_ENCODING)
        && !headers.contains_key(header::CONTENT_RANGE)
}

/// RFC 9110, 8.8.1: two encodings are not the same bytes, so a strong tag would lie.
fn weaken(headers: &mut HeaderMap) {
    let Some(tag) = headers.get(header::ETAG) else { return };
    if !tag.as_bytes().starts_with(b"W/")
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        headers.insert(header::ETAG, weak);
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

fn hash(bytes: &Bytes) -> HeaderValue {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut tag = *b"W/\"00000000000000000000000000000000\"";
    for (pair, byte) in tag[3..35].chunks_exact_mut(2).zip(xxh3_128(bytes).to_be_bytes()) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    HeaderValue::from_bytes(&tag).unwrap_or_else(|_| HeaderValue::from_static("W/\"\""))
}

/// RFC 9110, 13.1.2: by weak comparison, and `*` is any.
fn matches(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.trim() == "*" || known.split(',').any(|each| plain(each) == plain(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_the_hash_in_hexadecimal() {
        for text in ["", "a", "{}"] {
            let bytes = Bytes::from_static(text.as_bytes());
            assert_eq!(hash(&bytes), format!("W/\"{:032x}\"", xxh3_128(&bytes)).as_str());
        }
    }

    #[test]
    fn tags_are_compared_weakly() {
        for (known, tag, same) in [
            ("\"7\"", "\"7\"", true),
            ("W/\"7\"", "\"7\"", true),
            ("\"1\", W/\"7\"", "W/\"7\"", true),
            ("*", "\"7\"", true),
            ("\"8\"", "\"7\"", false),
            ("7", "\"7\"", false),
        ] {
            let value = HeaderValue::from_static;
            assert_eq!(matches(&value(known), &value(tag)), same, "{known} {tag}");
        }
    }
}
