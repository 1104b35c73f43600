//! Refusals as they reach the caller.

use std::io;

use axum::{Router, http::StatusCode, routing::get};
use http_edge::{Problem, no_route, status_of};
use kernel::{ErrorKind, ProductError};
use serde_json::{Value, json};

use crate::{
    page::Page,
    server::{PATIENCE, Server},
};

const KINDS: [(ErrorKind, u16); 8] = [
    (ErrorKind::Invalid, 422),
    (ErrorKind::Unauthenticated, 401),
    (ErrorKind::Forbidden, 403),
    (ErrorKind::NotFound, 404),
    (ErrorKind::Conflict, 409),
    (ErrorKind::TooMany, 429),
    (ErrorKind::Unavailable, 503),
    (ErrorKind::Internal, 500),
];

/// Says something that must not leave the process in each of its parts.
#[derive(Debug, thiserror::Error)]
#[error("could not store the tried thing")]
struct Told(ErrorKind, #[source] io::Error);

impl Told {
    fn of(kind: ErrorKind) -> Self {
        Self(kind, io::Error::other("the cause"))
    }
}

impl ProductError for Told {
    fn kind(&self) -> ErrorKind {
        self.0
    }

    fn code(&self) -> &'static str {
        "test.told"
    }

    fn place(&self) -> Option<String> {
        Some("the place:7".to_owned())
    }

    fn remedy(&self) -> Option<String> {
        Some("do the remedy".to_owned())
    }
}

fn body(problem: &Problem) -> Value {
    serde_json::to_value(problem).expect("JSON")
}

#[test]
fn each_kind_has_its_status() {
    for (kind, status) in KINDS {
        assert_eq!(status_of(kind).0.as_u16(), status, "{kind}");
        assert_eq!(Problem::from(Told::of(kind)).status().as_u16(), status, "{kind}");
    }
}

#[test]
fn what_the_caller_can_change_is_told_in_full() {
    let problem = Problem::from(Told::of(ErrorKind::Invalid)).with_request("c-1");
    let expected = json!({
        "type": "urn:grayghost:error:test.told",
        "title": "The input breaks a rule",
        "status": 422,
        "detail": "could not store the tried thing",
        "code": "test.told",
        "why": "the cause",
        "place": "the place:7",
        "remedy": "do the remedy",
        "request_id": "c-1",
    });
    assert_eq!(body(&problem), expected);
}

#[test]
fn what_is_ours_is_not_told() {
    let internal = body(&Problem::from(Told::of(ErrorKind::Internal))).to_string();
    for text in ["tried", "cause", "place", "remedy"] {
        assert!(!internal.contains(text), "{text} in {internal}");
    }
    assert!(internal.contains("test.told"), "the code is a public name: {internal}");
    let unavailable = body(&Problem::from(Told::of(ErrorKind::Unavailable))).to_string();
    for text in ["the cause", "the place", "do the remedy"] {
        assert!(!unavailable.contains(text), "{text} in {unavailable}");
    }
    assert!(unavailable.contains("tried thing"), "{unavailable}");
}

#[tokio::test]
async fn a_handler_refuses_with_a_question_mark() {
    let refuse = || -> Result<&'static str, Problem> {
        Err(Told::of(ErrorKind::TooMany))?;
        Ok("never")
    };
    let router = Router::new()
        .route("/often", get(async move || refuse().map_err(|problem| problem.with_retry_after(7))))
        .route("/stranger", get(async || Problem::from(Told::of(ErrorKind::Unauthenticated))))
        .fallback(no_route);
    let server = Server::start(router, PATIENCE).await;

    let often = server.get("/often").await;
    assert_eq!(often.status, StatusCode::TOO_MANY_REQUESTS.as_u16());
    assert!(often.head.contains("content-type: application/problem+json"), "{}", often.head);
    assert!(often.head.contains("retry-after: 7") && often.head.contains("cache-control: no-store"), "{}", often.head);
    assert_eq!(often.json()["code"], "test.told");

    let stranger = server.get("/stranger").await;
    assert!(stranger.status == 401 && stranger.head.contains("www-authenticate: bearer"), "{}", stranger.head);

    let nowhere = server.get("/nowhere?secret=1").await;
    assert_eq!((nowhere.status, nowhere.json()["code"].as_str()), (404, Some("http.no_route")));
    assert!(!nowhere.body.contains("secret"), "{}", nowhere.body);
}

#[test]
fn what_is_not_told_is_logged_once() {
    let page = Page::default();
    tracing::dispatcher::with_default(&page.logs(), || {
        for (kind, _) in KINDS {
            let _sent = Problem::from(Told::of(kind));
        }
    });
    let lines = page.lines();
    let levels: Vec<_> = lines.iter().map(|line| line["level"].as_str().unwrap_or_default()).collect();
    assert_eq!(levels, ["WARN", "ERROR"], "of what is needed, and of ours: {lines:?}");
    assert_eq!(lines[1]["message"], "could not store the tried thing");
    assert_eq!((&lines[1]["why"], &lines[1]["code"]), (&json!("the cause"), &json!("test.told")));
}
