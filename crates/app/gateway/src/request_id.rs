//! The name of one request: the caller's `X-Request-Id` when it is well-formed, ours otherwise.
//!
//! Ours are UUIDs of version 7, whose chance is quick and not secret: an id of a request opens nothing.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use kernel::{SeededChance, Source};

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const MOST: usize = 128;

/// Makes ids.
#[derive(Debug)]
pub(crate) struct Ids(Source);

impl Ids {
    pub(crate) fn new(source: &Source) -> Self {
        let mut seed = [0; 8];
        source.chance.fill(&mut seed);
        let chance = Arc::new(SeededChance::new(u64::from_le_bytes(seed)));
        Self(Source { clock: Arc::clone(&source.clock), chance })
    }

    /// One that can stand in a log and in a header, whatever was sent.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Arc<str> {
        let mut sent = headers.get_all(X_REQUEST_ID).into_iter();
        if let (Some(id), None) = (sent.next().and_then(well_formed), sent.next()) {
            return id.into();
        }
        let mut text = [0; 36];
        Arc::from(&*self.0.uuid().hyphenated().encode_lower(&mut text))
    }
}

fn well_formed(value: &HeaderValue) -> Option<&str> {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let text = value.to_str().ok()?;
    ((1..=MOST).contains(&text.len()) && text.as_bytes().iter().all(fits)).then_some(text)
}

/// The caller's trace, when it is one. Source: W3C Trace Context, 3.2: version, trace, parent, flags.
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<Arc<str>> {
    let text = headers.get(TRACEPARENT)?.to_str().ok()?;
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let some = |part: &str| part.bytes().any(|byte| byte != b'0');
    let mut parts = text.split('-');
    let [version, trace, parent, flags] = [(); 4].map(|()| parts.next().unwrap_or_default());
    let is_one = hex(version, 2) && hex(trace, 32) && hex(parent, 16) && hex(flags, 2) && some(trace) && some(parent);
    // Version 00 has nothing more; later ones may, which is not ours to pass on unread.
    (is_one && version == "00" && parts.next().is_none()).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_taken_over_when_it_is_one() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let cases = [
            (good, true),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
            ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736", false),
            ("", false),
        ];
        for (text, taken) in cases {
            let headers = HeaderMap::from_iter([(TRACEPARENT, HeaderValue::from_static(text))]);
            assert_eq!(traceparent(&headers).is_some(), taken, "{text}");
        }
    }

    #[test]
    fn an_id_is_taken_over_only_when_it_can_do_no_harm() {
        let ids = Ids::new(&Source::system());
        let long = "a".repeat(129);
        for (sent, taken) in [("abc-1_2.3", true), ("", false), ("a b", false), ("a\"b", false), (long.as_str(), false)]
        {
            let headers = HeaderMap::from_iter([(X_REQUEST_ID, HeaderValue::from_str(sent).unwrap())]);
            assert_eq!(&*ids.of(&headers) == sent, taken, "{sent}");
        }
        let mut twice = HeaderMap::new();
        twice.append(X_REQUEST_ID, HeaderValue::from_static("a"));
        twice.append(X_REQUEST_ID, HeaderValue::from_static("b"));
        assert_eq!(ids.of(&twice).len(), 36);
    }
}
