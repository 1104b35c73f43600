//! Figures that nobody counts as they happen: they are asked for every few seconds.

use std::{collections::HashSet, time::Duration};

use bus::Subscriptions;
use config::Role;
use eventlog::Projector;
use kernel::Timestamp;
use metrics::gauge;
use telemetry::Metrics;

use crate::{failure::Failure, roles::Stage};

const EVERY: Duration = Duration::from_secs(2);

/// A label's values, by which a figure that is not given any more is set to zero.
type Labels = (String, &'static str);

/// Asks until the server stops; nothing where figures are not kept.
pub(super) async fn keep(stage: Stage, metrics: Option<Metrics>) {
    let Some(metrics) = metrics else { return };
    gauge!("grayghost_build_version_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let ask = async {
        let (mut shown, mut is_failing) = (HashSet::new(), false);
        loop {
            process();
            match sample(&stage, &mut shown).await {
                Ok(()) => is_failing = false,
                Err(error) => {
                    // Said once: the checks of readiness say it too.
                    if !is_failing {
                        tracing::warn!(error = %error, "could not ask for figures, will try again: {error}");
                    }
                    is_failing = true;
                }
            }
            metrics.upkeep();
            tokio::time::sleep(EVERY).await;
        }
    };
    tokio::select! {
        () = ask => {}
        () = stage.stopped() => {}
    }
}

fn process() {
    let Some(used) = telemetry::used() else { return };
    gauge!("grayghost_process_cpu_seconds").set(used.cpu_seconds);
    gauge!("grayghost_process_resident_memory_bytes").set(used.memory_bytes);
}

async fn sample(stage: &Stage, shown: &mut HashSet<Labels>) -> Result<(), Failure> {
    let (log, parts, roles) = (&stage.backends.log, &stage.backends.parts, &stage.config.server.roles);
    gauge!("grayghost_eventlog_sealed_events").set(as_float(log.head().await?));
    if roles.contains(&Role::Projector) {
        gauge!("grayghost_eventlog_pending_events").set(as_float(log.pending().await?));
        for lag in Projector::new(log.clone(), parts.followers.clone()).lag().await? {
            gauge!("grayghost_eventlog_projection_lag_events", "projection" => lag.name).set(as_float(lag.events));
        }
    }
    if roles.contains(&Role::Relay) {
        let subscriptions = Subscriptions::new(log.clone(), parts.subscribers.clone(), bus::Settings::default())?;
        for status in subscriptions.status().await? {
            gauge!("grayghost_bus_subscriber_lag_events", "subscriber" => status.name).set(as_float(status.behind));
            for (state, count) in [("waiting", status.waiting), ("dead", status.dead), ("parked", status.parked)] {
                gauge!("grayghost_bus_held_events", "subscriber" => status.name, "state" => state).set(as_float(count));
            }
        }
    }
    jobs(stage, shown).await
}

async fn jobs(stage: &Stage, shown: &mut HashSet<Labels>) -> Result<(), Failure> {
    let counts = stage.backends.jobs.counts().await?;
    let set = |(kind, state): &Labels, jobs: u64| {
        gauge!("grayghost_jobs_queue_jobs", "kind" => kind.clone(), "state" => *state).set(as_float(jobs));
    };
    let mut gone = std::mem::take(shown);
    let (now, mut oldest) = (stage.backends.log.source().now(), None);
    for count in counts {
        let labels = (count.kind, count.state.name());
        set(&labels, count.jobs);
        oldest = [oldest, count.oldest_due].into_iter().flatten().min();
        gone.remove(&labels);
        shown.insert(labels);
    }
    for labels in &gone {
        set(labels, 0);
    }
    gauge!("grayghost_jobs_oldest_wait_seconds").set(oldest.map_or(0.0, |due: Timestamp| seconds(now.0 - due.0)));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "figures are shown, not counted with")]
fn seconds(micros: i64) -> f64 {
    micros.max(0) as f64 / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "figures are shown, not counted with")]
fn as_float(number: u64) -> f64 {
    number as f64
}
