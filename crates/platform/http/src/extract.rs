//! What handlers take out of a request. A refusal is a problem that names each field.

use std::convert::Infallible;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use kernel::Actor;
use serde::{Serialize, de::DeserializeOwned};

use crate::{FieldError, HttpError, Problem};

/// Who asks, as the layers above have found out. Without them nobody is known, and it is refused.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| HttpError::NobodyKnown.into())
    }
}

/// A JSON body.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if essence != "application/json" && !(essence.starts_with("application/") && essence.ends_with("+json")) {
            return Err(HttpError::NotJson.into());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|refused| {
            // The only way to fail here, but for a connection that broke: the body is larger than the limit.
            if refused.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
                HttpError::TooLarge
            } else {
                HttpError::CutOff
            }
        })?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let read: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| bad_body(&error))?;
        reader.end().map_err(|_| HttpError::BadJson { why: "there is more after its end".to_owned() })?;
        Ok(Self(read))
    }
}

/// What serde says, without the values that it quotes: a body may hold a password.
fn bad_body(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let (inner, place) = (error.inner(), error.path().to_string());
    if inner.is_syntax() || inner.is_eof() {
        let why = format!("line {}, column {}", inner.line(), inner.column());
        return HttpError::BadJson { why }.into();
    }
    let (field, code, message) = said(&inner.to_string());
    let field = match (place.as_str(), field) {
        (".", Some(field)) => field,
        (".", None) => String::new(),
        (place, None) => place.to_owned(),
        // A place that ends with the field names it already.
        (place, Some(field)) if place.rsplit('.').next() == Some(field.as_str()) => place.to_owned(),
        (place, Some(field)) => format!("{place}.{field}"),
    };
    Problem::from(HttpError::BadFields).with_errors(vec![FieldError { field, code, message }])
}

/// Field, code and sentence of serde's message.
fn said(message: &str) -> (Option<String>, &'static str, String) {
    let quoted = || message.split('`').nth(1).map(str::to_owned);
    if message.starts_with("missing field") {
        return (quoted(), "missing", "it is required".to_owned());
    }
    if message.starts_with("unknown field") {
        let known =
            message.split_once("expected ").map_or("", |(_, known)| known.split(" at line").next().unwrap_or(known));
        return (quoted(), "unknown", format!("there is no such field; known: {known}"));
    }
    if message.starts_with("duplicate field") {
        return (quoted(), "duplicate", "it is given twice".to_owned());
    }
    if let Some((_, expected)) = message
        .split_once(", expected ")
        .filter(|_| message.starts_with("invalid ") || message.starts_with("unknown variant"))
    {
        let expected = expected.split(" at line").next().unwrap_or(expected);
        return (None, "wrong_type", format!("expected {expected}"));
    }
    (None, "invalid", message.split(" at line").next().unwrap_or(message).to_owned())
}

/// The query.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        // No text of ours holds one, and PostgreSQL takes none.
        if let Some((field, _)) = form_urlencoded::parse(query.as_bytes()).find(|(_, value)| value.contains('\0')) {
            let message = "holds the character NUL".to_owned();
            let error = FieldError { field: field.into_owned(), code: "invalid", message };
            return Err(Problem::from(HttpError::BadFields).with_errors(vec![error]));
        }
        let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(reader).map(Self).map_err(|error| {
            let (place, (field, code, message)) = (error.path().to_string(), said(&error.inner().to_string()));
            let field = field.unwrap_or(if place == "." { String::new() } else { place });
            Problem::from(HttpError::BadFields).with_errors(vec![FieldError { field, code, message }])
        })
    }
}

/// The parts of the path. What is no id names nothing.
#[derive(Debug, Clone)]
pub struct Part<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Part<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let is_text = !parts.uri.path().contains("%00");
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(read)) if is_text => Ok(Self(read)),
            _ => Err(HttpError::NoRoute { method: parts.method.clone(), path: parts.uri.path().to_owned() }.into()),
        }
    }
}

/// The version that the caller has seen: `If-Match: "7"`. `None` where it is left out or `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<u64>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        version(&parts.headers).map(Self)
    }
}

fn version(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let number = text.strip_prefix("W/").unwrap_or(text).strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    // A tag that we never gave is of no version, as one of an older version is.
    number.and_then(|text| text.parse().ok()).map(Some).ok_or_else(|| HttpError::OtherVersion.into())
}

/// JSON with the version of what it shows as its `ETag`.
#[derive(Debug, Clone)]
pub struct Versioned<T>(pub u64, pub T);

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        ([(header::ETAG, format!("\"{}\"", self.0))], axum::Json(self.1)).into_response()
    }
}

/// The address that the request came from, as the edge found it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct From(pub Option<std::net::IpAddr>);

impl<S: Sync> FromRequestParts<S> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(Self(None)))
    }
}
