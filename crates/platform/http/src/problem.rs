//! A refusal as RFC 9457 `application/problem+json`, made from any error of the product.
//!
//! Invariant: of a fault of ours (`Internal`) only its code goes out; of what is needed and does not answer
//! (`Unavailable`) only what was tried. Both are logged here, once: this is the boundary that handles them.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{ErrorKind, ProductError};
use schemars::JsonSchema;
use serde::Serialize;

/// The body of a refusal, and its headers. Boxed, because every handler returns it in a `Result`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Problem(Box<ProblemBody>);

/// The members of a refusal (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemBody {
    /// Names the kind of refusal: `urn:grayghost:error:` and the code.
    #[serde(rename = "type")]
    type_uri: String,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What was tried.
    detail: String,
    /// Stable, `context.reason`; has a page in the documentation.
    code: &'static str,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Where: file and row, model and line.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    /// What is wrong with which field of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    errors: Vec<FieldError>,
    /// Joins it with the lines of the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldError {
    /// Its path, e.g. `roles[0].name`; empty for the whole.
    pub field: String,
    /// `missing`, `unknown`, `wrong_type`, `invalid`, …
    pub code: &'static str,
    /// In words; never repeats the value.
    pub message: String,
}

/// The status of a kind, and its title: the one place where they meet.
#[must_use]
pub const fn status_of(kind: ErrorKind) -> (StatusCode, &'static str) {
    match kind {
        ErrorKind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "The input breaks a rule"),
        ErrorKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "Who is asking is unknown"),
        ErrorKind::Forbidden => (StatusCode::FORBIDDEN, "Who is asking may not"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "There is no such thing"),
        ErrorKind::Conflict => (StatusCode::CONFLICT, "Somebody else holds it or changed it"),
        ErrorKind::TooMany => (StatusCode::TOO_MANY_REQUESTS, "Asked too often"),
        ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Something needed does not answer"),
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "A fault of ours"),
    }
}

/// HTTP has words of its own for some refusals of the edge; every other status is that of the error's kind.
fn status_for(error: &dyn ProductError) -> (StatusCode, &'static str) {
    let (status, title) = status_of(error.kind());
    let status = match error.code() {
        "http.bad_json" | "http.cut_off" => StatusCode::BAD_REQUEST,
        "http.not_json" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "http.too_large" => StatusCode::PAYLOAD_TOO_LARGE,
        "http.other_version" => StatusCode::PRECONDITION_FAILED,
        _ => status,
    };
    (status, title)
}

impl Problem {
    /// What the caller may know of `error`; what he may not is logged.
    #[must_use]
    pub fn of(error: &dyn ProductError) -> Self {
        let (status, title) = status_for(error);
        let mut problem = ProblemBody {
            type_uri: format!("urn:grayghost:error:{}", error.code()),
            title,
            status: status.as_u16(),
            detail: error.to_string(),
            code: error.code(),
            why: None,
            place: None,
            remedy: None,
            errors: Vec::new(),
            request_id: None,
            retry_after_s: None,
        };
        match error.kind() {
            ErrorKind::Internal => {
                log(error);
                "something went wrong on our side".clone_into(&mut problem.detail);
            }
            ErrorKind::Unavailable => {
                log(error);
                problem.remedy = Some("try again in a moment".to_owned());
            }
            ErrorKind::Invalid
            | ErrorKind::Unauthenticated
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::TooMany => {
                problem.why = error.why();
                problem.place = error.place();
                problem.remedy = error.remedy();
            }
        }
        Self(Box::new(problem))
    }

    /// The id that joins it with the lines of the log.
    #[must_use]
    pub fn with_request(mut self, request_id: impl Into<String>) -> Self {
        self.0.request_id = Some(request_id.into());
        self
    }

    /// What is wrong with which field.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// When to ask again, in whole seconds.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// Another status than that of its kind, where HTTP has a word of its own for the refusal.
    #[must_use]
    pub fn sent_as(mut self, status: StatusCode) -> Self {
        self.0.status = status.as_u16();
        self
    }

    /// Its stable name, `context.reason`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The status it is sent with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

fn log(error: &dyn ProductError) {
    let (code, why, place) = (error.code(), error.why(), error.place());
    let (why, place) = (why.as_deref(), place.as_deref());
    if error.kind() == ErrorKind::Internal {
        tracing::error!(code, why, place, "{error}");
    } else {
        tracing::warn!(code, why, place, "{error}");
    }
}

impl<E: ProductError> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_string(&self).unwrap_or_else(|_| "{}".to_owned());
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status() == StatusCode::UNAUTHORIZED {
            // RFC 9110, 11.6.1: a 401 names a scheme.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.0.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        // For layers above, which add the id of the request and say it again.
        response.extensions_mut().insert(self);
        response
    }
}
