//! Bodies of requests: how large, how slow, how deep.
//!
//! JSON is read as a whole before the handler is asked, so that one that is too large, too slow or too deep never reaches it.
//! Everything else flows through, and is cut at the same limits.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, HttpBody},
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_edge::{HttpError, Problem};
use tokio::time::{self, Sleep};

use crate::GatewayError;

/// What a body is held to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes: u64,
    pub(crate) within: Duration,
    pub(crate) depth: u32,
}

/// Whether the body says that it is JSON.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || essence.len() > 5 && essence[essence.len() - 5..].eq_ignore_ascii_case("+json")
}

/// A length that is too large by its own word is refused before a byte of it is read.
pub(crate) fn announced(body: &Body, bounds: Bounds) -> Result<(), Problem> {
    if body.size_hint().lower() > bounds.bytes { Err(HttpError::TooLarge.into()) } else { Ok(()) }
}

/// The whole body.
pub(crate) async fn whole(mut body: Body, bounds: Bounds) -> Result<Bytes, Problem> {
    let reading = async {
        let mut first: Option<Bytes> = None;
        let mut all = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| HttpError::CutOff)?.into_data() else { continue };
            let length = first.as_ref().map_or(all.len(), Bytes::len) + data.len();
            if u64::try_from(length).unwrap_or(u64::MAX) > bounds.bytes {
                return Err(Problem::from(HttpError::TooLarge));
            }
            // Most bodies are one piece, which needs no copy.
            match first.take() {
                None if all.is_empty() => first = Some(data),
                held => {
                    all.extend_from_slice(held.as_deref().unwrap_or_default());
                    all.extend_from_slice(&data);
                }
            }
        }
        Ok(first.unwrap_or_else(|| all.freeze()))
    };
    match time::timeout(bounds.within, reading).await {
        Ok(read) => read,
        Err(_) => Err(slow(bounds)),
    }
}

fn slow(bounds: Bounds) -> Problem {
    GatewayError::SlowBody { millis: bounds.within.as_millis() }.problem()
}

/// Arrays and objects inside each other, counted without building them.
pub(crate) fn check_depth(json: &[u8], bounds: Bounds) -> Result<(), GatewayError> {
    let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
    for byte in json {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'[' | b'{') => depth += 1,
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > bounds.depth {
            return Err(GatewayError::TooDeep { most: bounds.depth });
        }
    }
    Ok(())
}

/// Why a body that flows was cut.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cut(Arc<AtomicU8>);

const LARGE: u8 = 1;
const SLOW: u8 = 2;

impl Cut {
    /// The refusal that goes out, whatever the handler made of the broken body.
    pub(crate) fn problem(&self, bounds: Bounds) -> Option<Problem> {
        match self.0.load(Ordering::Relaxed) {
            LARGE => Some(HttpError::TooLarge.into()),
            SLOW => Some(slow(bounds)),
            _ => None,
        }
    }
}

/// A body that flows, held to its bounds.
pub(crate) fn flowing(body: Body, bounds: Bounds) -> (Body, Cut) {
    let cut = Cut::default();
    let flowing =
        Flowing { body, left: bounds.bytes, deadline: Box::pin(time::sleep(bounds.within)), cut: cut.clone() };
    (Body::new(flowing), cut)
}

struct Flowing {
    body: Body,
    left: u64,
    deadline: Pin<Box<Sleep>>,
    cut: Cut,
}

impl HttpBody for Flowing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.deadline.as_mut().poll(cx).is_ready() {
            self.cut.0.store(SLOW, Ordering::Relaxed);
            return Poll::Ready(Some(Err("the body is too slow".into())));
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            None => return Poll::Ready(None),
        };
        let length = frame.data_ref().map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX));
        let Some(left) = self.left.checked_sub(length) else {
            self.cut.0.store(LARGE, Ordering::Relaxed);
            return Poll::Ready(Some(Err("the body is too large".into())));
        };
        self.left = left;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_texts() {
        let bounds = Bounds { bytes: 1, within: Duration::ZERO, depth: 3 };
        for (json, fits) in [
            ("[[[]]]", true),
            ("[[[[", false),
            (r#"{"a":{"b":{}}}"#, true),
            (r#"{"a":[{"b":[]}]}"#, false),
            (r#"["[[[[[[", "\"[[[[[", "\\", [[]]]"#, true),
            (r#"["\\",[[[]]]]"#, false),
            ("[],[],[],[],[]", true),
            ("", true),
        ] {
            assert_eq!(check_depth(json.as_bytes(), bounds).is_ok(), fits, "{json}");
        }
    }
}
