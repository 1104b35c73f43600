//! Whether the process lives, has started, and can do its work.
//!
//! `/livez` says only that the process turns: a backend that is down must not get it killed. `/startupz` holds the other
//! probes off until the server has started. `/readyz` asks every check.
//!
//! Invariants: no check outlasts its time-out; a check that panics fails and harms nothing else; what went wrong is
//! logged when it begins and when it ends, and is not told over HTTP, where anybody may ask.

use std::{
    future::Future,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Json, Router, http::StatusCode, routing::get};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Time that a check is usually given: less than the second after which a cluster's probe gives up.
pub const CHECK_TIMEOUT: Duration = Duration::from_millis(800);

/// What modules say about themselves. Clones share it.
#[derive(Clone, Default)]
pub struct Health(Arc<Inner>);

#[derive(Default)]
struct Inner {
    started: AtomicBool,
    stopping: AtomicBool,
    checks: RwLock<Vec<Arc<Check>>>,
}

struct Check {
    name: &'static str,
    timeout: Duration,
    run: Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
    /// As of the last time it ran, so that only changes are logged.
    failing: AtomicBool,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Ok,
    Failed,
    TimedOut,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
        }
    }
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let checks: Vec<&str> = self.checks().iter().map(|check| check.name).collect();
        f.debug_struct("Health").field("state", &self.state()).field("checks", &checks).finish()
    }
}

impl Health {
    /// Adds something that must work for the server to be ready: `check` answers `Err` with the reason, for the log.
    /// It is dropped when it takes longer than `timeout`, so it must not block the thread.
    pub fn register<C, F>(&self, name: &'static str, timeout: Duration, check: C)
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let check = Check { name, timeout, run: Box::new(move || Box::pin(check())), failing: AtomicBool::new(false) };
        self.0.checks.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(check));
    }

    /// Everything that starts has started.
    pub fn started(&self) {
        self.0.started.store(true, Ordering::Release);
    }

    /// The server is about to stop: it is not ready any more, so that no new requests are sent.
    pub fn stopping(&self) {
        self.0.stopping.store(true, Ordering::Release);
    }

    /// `/livez`, `/readyz` and `/startupz`.
    pub fn routes(&self) -> Router {
        let (ready, startup) = (self.clone(), self.clone());
        Router::new()
            .route("/livez", get(|| async { Json(json!({ "status": "ok" })) }))
            .route("/readyz", get(move || async move { ready.readiness().await }))
            .route("/startupz", get(move || async move { startup.startup() }))
    }

    fn state(&self) -> &'static str {
        if self.0.stopping.load(Ordering::Acquire) {
            "stopping"
        } else if self.0.started.load(Ordering::Acquire) {
            "started"
        } else {
            "starting"
        }
    }

    fn checks(&self) -> Vec<Arc<Check>> {
        self.0.checks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn startup(&self) -> (StatusCode, Json<Value>) {
        let has_started = self.0.started.load(Ordering::Acquire);
        (status(has_started), Json(json!({ "status": self.state() })))
    }

    async fn readiness(&self) -> (StatusCode, Json<Value>) {
        let state = self.state();
        let outcomes = self.run_all().await;
        let all_ok = outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Ok);
        let is_ready = all_ok && state == "started";
        let rows = outcomes.iter().map(|(name, outcome)| json!({ "name": name, "status": outcome.word() }));
        let word = match (is_ready, state) {
            (true, _) => "ready",
            (false, "started") => "not_ready",
            (false, state) => state,
        };
        (status(is_ready), Json(json!({ "status": word, "checks": rows.collect::<Vec<_>>() })))
    }

    /// All at once, answers in the order of registration.
    async fn run_all(&self) -> Vec<(&'static str, Outcome)> {
        let checks = self.checks();
        let mut running = JoinSet::new();
        for (index, check) in checks.iter().cloned().enumerate() {
            running.spawn(async move { (index, tokio::time::timeout(check.timeout, (check.run)()).await) });
        }
        // One that panics never reports, and so stays failed.
        let mut outcomes = vec![(Outcome::Failed, Some("it panicked".to_owned())); checks.len()];
        while let Some(ended) = running.join_next().await {
            let Ok((index, result)) = ended else { continue };
            outcomes[index] = match result {
                Ok(Ok(())) => (Outcome::Ok, None),
                Ok(Err(why)) => (Outcome::Failed, Some(why)),
                Err(_) => (Outcome::TimedOut, Some(format!("no answer in {} ms", checks[index].timeout.as_millis()))),
            };
        }
        let judged = checks.iter().zip(outcomes).map(|(check, (outcome, why))| {
            check.log_change(outcome, why.as_deref());
            (check.name, outcome)
        });
        judged.collect()
    }
}

impl Check {
    fn log_change(&self, outcome: Outcome, why: Option<&str>) {
        let is_failing = outcome != Outcome::Ok;
        if self.failing.swap(is_failing, Ordering::AcqRel) == is_failing {
            return;
        }
        if is_failing {
            tracing::warn!(check = self.name, status = outcome.word(), why, "the check of {} fails", self.name);
        } else {
            tracing::info!(check = self.name, "the check of {} passes again", self.name);
        }
    }
}

fn status(is_good: bool) -> StatusCode {
    if is_good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}
