//! What is done to an answer on its way out.

use axum::{
    body::{Body, HttpBody as _},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header},
    response::{IntoResponse, Response},
};
use http_edge::{Access, HoldsSecret, Problem};

use crate::{
    cors,
    guard::{Asked, Guard, Notes},
    request_id::X_REQUEST_ID,
};

const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");
/// How many headers the layers add at most: room for them is made once.
const ADDED: usize = 20;
const CLOSE: HeaderValue = HeaderValue::from_static("close");

impl Guard {
    /// The answer as it leaves.
    pub(crate) async fn finish(&self, outcome: Result<Response, Problem>, asked: &Asked, notes: Notes) -> Response {
        let mut response = named(outcome, asked);
        response.headers_mut().reserve(ADDED);
        let plan = self.place.way(&asked.method).map(|way| &way.plan);
        let is_public = plan.is_none_or(|plan| plan.access == Access::Public);
        if !is_public {
            response.headers_mut().entry(header::CACHE_CONTROL).or_insert(PRIVATE);
        }
        if let Some(cookie) = notes.cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        let is_secret = plan.is_some_and(|plan| plan.is_secret) || response.extensions().get::<HoldsSecret>().is_some();
        if !is_secret {
            if matches!(asked.method, Method::GET | Method::HEAD) {
                response = asked.wishes.tag(response).await;
            }
            response = asked.wishes.compress(response).await;
        }
        if asked.method == Method::HEAD {
            response = without_body(response);
        }
        let (status, headers) = (response.status(), response.headers_mut());
        if let Some(told) = notes.told {
            told.write(headers);
        }
        self.shared.security.write(headers);
        self.share(headers, asked, notes.is_preflight);
        headers.insert(X_REQUEST_ID, asked.id_value.clone());
        if asked.version < Version::HTTP_2 && (asked.is_chunked || is_out_of_step(status)) {
            headers.insert(header::CONNECTION, CLOSE);
        }
        response
    }

    fn share(&self, headers: &mut HeaderMap, asked: &Asked, is_preflight: bool) {
        if self.shared.cors.varies() {
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
        if let Some(origin) = &asked.origin {
            cors::share(headers, origin.clone());
            if is_preflight {
                cors::permit(headers, self.place.allow.clone());
            }
        }
    }
}

/// A refusal says the id of its request, whoever made it.
fn named(outcome: Result<Response, Problem>, asked: &Asked) -> Response {
    let mut response = outcome.unwrap_or_else(IntoResponse::into_response);
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let told = problem.with_request(&*asked.id).into_response();
        *response.body_mut() = told.into_body();
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}

/// Refusals after which nobody knows where the next request begins.
fn is_out_of_step(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    )
}

/// RFC 9110, 9.3.2: the headers of `GET`, also the length of what is left out.
fn without_body(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    if let Some(size) = body.size_hint().exact()
        && parts.status != StatusCode::NOT_MODIFIED
    {
        parts.headers.entry(header::CONTENT_LENGTH).or_insert(size.into());
    }
    Response::from_parts(parts, Body::empty())
}
