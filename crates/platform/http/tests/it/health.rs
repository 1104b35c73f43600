//! Probes and figures.

use std::{
    future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use http_edge::{CHECK_TIMEOUT, Health, figures};
use serde_json::json;

use crate::{
    page::Page,
    server::{PATIENCE, Server},
};

#[tokio::test]
async fn probes_follow_the_life_of_the_server() {
    let health = Health::default();
    let server = Server::start(health.routes(), PATIENCE).await;
    for (turn, [live, ready, startup]) in [[200, 503, 503], [200, 200, 200], [200, 503, 200]].iter().enumerate() {
        match turn {
            1 => health.started(),
            2 => health.stopping(),
            _ => {}
        }
        let got = [server.get("/livez").await, server.get("/readyz").await, server.get("/startupz").await];
        assert_eq!(got.each_ref().map(|answer| answer.status), [*live, *ready, *startup], "turn {turn}");
        let words = ["starting", "ready", "stopping"];
        assert_eq!(got[1].json()["status"], words[turn]);
    }
}

#[tokio::test]
async fn readiness_names_every_check_and_recovers_with_it() {
    let health = Health::default();
    health.started();
    let page = Page::default();
    let _here = tracing::dispatcher::set_default(&page.logs());
    let works = Arc::new(AtomicBool::new(false));
    let database = works.clone();
    health.register("database", CHECK_TIMEOUT, move || {
        let works = database.load(Ordering::SeqCst);
        async move { if works { Ok(()) } else { Err("10.1.2.3 refused".to_owned()) } }
    });
    health.register("bus", CHECK_TIMEOUT, || async { Ok(()) });
    let server = Server::start(health.routes(), PATIENCE).await;

    let answer = server.get("/readyz").await;
    assert_eq!(answer.status, 503);
    let checks = json!([{ "name": "database", "status": "failed" }, { "name": "bus", "status": "ok" }]);
    assert_eq!(answer.json(), json!({ "status": "not_ready", "checks": checks }));
    assert!(!answer.body.contains("10.1.2.3"), "reasons are for the log");
    assert_eq!(server.get("/livez").await.status, 200, "a backend that is down does not get the process killed");

    server.get("/readyz").await;
    let lines = page.lines();
    assert_eq!(lines.len(), 1, "a failure is logged when it begins: {lines:?}");
    assert_eq!((&lines[0]["check"], &lines[0]["why"]), (&json!("database"), &json!("10.1.2.3 refused")));

    works.store(true, Ordering::SeqCst);
    let answer = server.get("/readyz").await;
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("ready")));
    assert_eq!(page.lines()[1]["message"], "the check of database passes again");
}

#[tokio::test]
async fn checks_that_hang_or_panic_fail_alone_and_in_time() {
    let health = Health::default();
    health.started();
    let short = Duration::from_millis(50);
    health.register("hangs", short, future::pending::<Result<(), String>>);
    health.register("hangs too", short, future::pending::<Result<(), String>>);
    health.register("panics", short, || async { panic!("on purpose") });
    health.register("works", short, || async { Ok(()) });
    let server = Server::start(health.routes(), PATIENCE).await;
    let asked = Instant::now();
    let answer = server.get("/readyz").await;
    assert!(asked.elapsed() < PATIENCE / 2, "checks run side by side and are cut off");
    let body = answer.json();
    let words: Vec<_> = (0..4).map(|index| body["checks"][index]["status"].as_str().unwrap_or_default()).collect();
    assert_eq!((answer.status, words), (503, vec!["timed_out", "timed_out", "failed", "ok"]));
}

#[tokio::test]
async fn figures_are_shown_where_they_are_kept() {
    let (metrics, recorder) = telemetry::Metrics::apart(5).unwrap();
    metrics::with_local_recorder(&recorder, || metrics::counter!("grayghost_test_shown_total").increment(2));
    let server = Server::start(figures(Some(metrics)), PATIENCE).await;
    let answer = server.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4"), "{}", answer.head);
    assert!(answer.body.contains("grayghost_test_shown_total 2"), "{}", answer.body);

    let server = Server::start(figures(None), PATIENCE).await;
    assert_eq!(server.get("/metrics").await.status, 404);
}
