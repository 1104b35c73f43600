//! Lines as they are written, in both layouts.

use std::{
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use kernel::{ManualClock, Timestamp};
use serde_json::{Value, json};
use tracing::{debug, error, field::Empty, info, info_span, warn};

use super::*;
use crate::Secret;

/// Keeps what is written and how often.
#[derive(Debug, Clone, Default)]
struct Page(Arc<Mutex<Vec<String>>>);

impl Page {
    fn writes(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn objects(&self) -> Vec<Value> {
        self.writes().iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written(format: Format, filter: &str, act: impl FnOnce()) -> Page {
    let page = Page::default();
    let to = page.clone();
    let clock = Arc::new(ManualClock::at(Timestamp(1_323_435_000_123_456)));
    let logs = logs(format, filter, move || to.clone(), clock).unwrap();
    tracing::dispatcher::with_default(&logs, act);
    page
}

#[test]
fn a_json_line_has_the_names_that_shippers_know_and_the_fields_of_its_spans() {
    let page = written(Format::Json, "info", || {
        let request = info_span!("http.request", correlation_id = "c-1", rows = 1, ok = false, status = Empty);
        let _request = request.enter();
        let _inner = info_span!("exports.request_export", rows = 2_u64).entered();
        request.record("status", 201);
        info!(target: "exports", ok = true, ratio = 0.5, broken = f64::NAN, "made {} of them", 3);
    });
    let expected = json!({
        "timestamp": "2011-12-09T12:50:00.123456Z",
        "level": "INFO",
        "message": "made 3 of them",
        "target": "exports",
        "span": "exports.request_export",
        "spans": ["http.request", "exports.request_export"],
        "correlation_id": "c-1",
        "rows": 2,
        "status": 201,
        "ok": true,
        "ratio": 0.5,
        "broken": "NaN",
    });
    assert_eq!(page.objects(), [expected]);
}

#[test]
fn a_line_is_one_write_and_one_object_whatever_it_says() {
    let page = written(Format::Json, "info", || {
        info!("two\nlines and a \"quote\"");
        warn!(level = "mine", timestamp = 7, target_ = 1, "own names stay");
        info!(only = "fields");
        info!(long = "ä".repeat(10_000), "cut");
    });
    let writes = page.writes();
    assert!(writes.iter().all(|line| line.ends_with('\n') && line.matches('\n').count() == 1), "{writes:?}");
    let objects = page.objects();
    assert_eq!(objects[0]["message"], "two\nlines and a \"quote\"");
    assert_eq!((&objects[1]["level"], &objects[1]["field_level"]), (&json!("WARN"), &json!("mine")));
    assert_eq!((&objects[1]["field_timestamp"], &objects[1]["target_"]), (&json!(7), &json!(1)));
    assert_eq!((&objects[2]["message"], &objects[2]["span"]), (&json!(""), &Value::Null));
    let long = objects[3]["long"].as_str().unwrap();
    assert!(long.len() < 8_200 && long.ends_with('…'), "{}", long.len());
}

#[test]
fn errors_are_told_with_their_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("could not read it")]
    struct Outer(#[source] io::Error);

    let page = written(Format::Json, "info", || {
        let outer = Outer(io::Error::other("disk on fire"));
        error!(error = &outer as &(dyn std::error::Error + 'static), "failed");
    });
    assert_eq!(page.objects()[0]["error"], "could not read it: disk on fire");
}

#[test]
fn secrets_do_not_reach_any_layout() {
    for format in [Format::Json, Format::Pretty] {
        let page = written(format, "info", || {
            let password = Secret::new("hidden".to_owned());
            let span = info_span!("login", ?password, later = Empty).entered();
            span.record("later", tracing::field::debug(&password));
            info!(%password, "signed in with {password}");
        });
        let text = page.writes().concat();
        assert!(text.contains("signed in with ***") && !text.contains("hidden"), "{text}");
    }
}

#[test]
fn the_filter_decides_in_both_layouts() {
    for format in [Format::Json, Format::Pretty] {
        let page = written(format, "warn,sql=debug", || {
            info!("not this");
            debug!(target: "sql", "this");
            warn!("and this");
        });
        assert_eq!(page.writes().len(), 2, "{format:?}");
    }
}

#[test]
fn a_pretty_line_has_our_time_and_no_colours() {
    let page = written(Format::Pretty, "info", || info!(rows = 3, "done"));
    assert_eq!(page.writes(), ["2011-12-09T12:50:00.123456Z  INFO telemetry::logs::tests: done rows=3\n"]);
}

#[test]
fn a_filter_that_is_none_is_refused() {
    let clock = Arc::new(ManualClock::default());
    let refused = logs(Format::Json, "info,sql=loud", io::sink, clock).unwrap_err();
    assert_eq!(refused.to_string(), "could not use the log filter `info,sql=loud`");
}
