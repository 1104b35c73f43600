//! Ctrl-C and SIGTERM: the first stops at a safe point, the second at once.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::place::{Answer, Place, wait};

const PATIENCE: Duration = Duration::from_mins(1);

/// Presses Ctrl-C for one process.
fn interrupt(child: &Child) {
    signal(child, "-INT");
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
}

/// What a process said that should have ended; one that goes on is ended and fails the test.
fn ended(mut child: Child) -> Answer {
    let began = Instant::now();
    while child.try_wait().expect("a process").is_none() {
        if began.elapsed() > PATIENCE {
            child.kill().expect("ended");
        }
        thread::sleep(Duration::from_millis(2));
    }
    wait(child)
}

/// Waits until something is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_generation_that_is_stopped_leaves_nothing() {
    let place = Place::empty();
    for name in ["-INT", "-TERM"] {
        let child = place.start(&["generate", "retail", "--customers", "500000", "--out", "data"]);
        until("something is written", || place.path("data/.grayghost-people.csv.part").exists());
        signal(&child, name);
        let answer = ended(child);
        assert_eq!(answer.code, Some(130), "{name}: {}", answer.err);
        assert!(
            answer.err.starts_with("stopping after the current step; press again to leave now\n"),
            "{}",
            answer.err
        );
        assert!(answer.err.contains("error[generator.cancelled]"), "{name}: {}", answer.err);
        assert!(!place.path("data").exists(), "{name}");
    }
}

#[test]
fn a_run_that_is_stopped_ends_with_130_and_the_next_one_completes_it() {
    stopped_and_completed(interrupt);
}

#[test]
fn a_run_that_gets_sigterm_ends_with_130_and_the_next_one_completes_it() {
    stopped_and_completed(|child| signal(child, "-TERM"));
}

fn stopped_and_completed(stop: impl Fn(&Child)) {
    let place = Place::project();
    place.ask(&["generate", "retail", "--customers", "8000", "--out", "data", "--quiet"]).ends_with(0);
    let mut child = place.start(&["run", "data/sales.csv", "data/sales_latin1.csv", "--project", "shop"]);
    let mut err = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    while !line.contains("2 files to load") {
        line.clear();
        assert!(err.read_line(&mut line).expect("a line") > 0, "the run ended before it began");
    }
    stop(&child);
    let mut rest = String::new();
    err.read_to_string(&mut rest).expect("UTF-8");
    assert_eq!(ended(child).code, Some(130), "{rest}");

    let words = ["run", "data/sales.csv", "data/sales_latin1.csv", "--project", "shop", "--format", "json", "--quiet"];
    let summary = place.ask(&words).ends_with(0).json();
    let truth = std::fs::read_to_string(place.path("data/sales_truth.json")).expect("the truth");
    let truth: serde_json::Value = serde_json::from_str(&truth).expect("JSON");
    let balance = &summary["reconciliations"][0];
    let ours = ["rows", "kept", "rejected", "duplicates"].map(|key| balance[key].clone());
    let true_ones = ["bronze_rows", "silver_rows", "rejected_rows", "duplicates_removed"].map(|key| truth[key].clone());
    assert_eq!(json!(ours), json!(true_ones));
}
