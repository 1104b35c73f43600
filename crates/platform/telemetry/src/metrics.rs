//! Figures of the process, in the text format of Prometheus. Code counts with the macros of the crate `metrics`.

use std::sync::{Mutex, PoisonError};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::{TelemetryError, check_name, labels::LabelGuard};

/// Values that one label of one metric may have before the rest become `other`.
const MAX_LABEL_VALUES: usize = 100;

/// Upper bounds of durations: from a read of the cache to a long job.
const SECONDS: [f64; 14] = [0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0];
/// Upper bounds of sizes: powers of 8 from 256 bytes to 4 GiB.
const BYTES: [f64; 9] =
    [256.0, 2_048.0, 16_384.0, 131_072.0, 1_048_576.0, 8_388_608.0, 67_108_864.0, 536_870_912.0, 4_294_967_296.0];
/// Upper bounds of parts of a whole.
const RATIO: [f64; 8] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0];
/// Upper bounds of what is counted.
const COUNTS: [f64; 8] = [1.0, 5.0, 10.0, 50.0, 100.0, 1_000.0, 10_000.0, 100_000.0];

static INSTALLED: Mutex<Option<Metrics>> = Mutex::new(None);

/// Shows what was counted. Clones show the same figures.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Figures of the whole process: from the first call on everything that is counted is kept. Later calls give the
    /// same figures again.
    ///
    /// # Errors
    ///
    /// [`TelemetryError::AlreadyInstalled`] when another recorder took the place.
    pub fn install() -> Result<Self, TelemetryError> {
        let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(metrics) = installed.as_ref() {
            return Ok(metrics.clone());
        }
        let (metrics, recorder) = Self::apart(MAX_LABEL_VALUES)?;
        metrics::set_global_recorder(recorder).map_err(|_| TelemetryError::AlreadyInstalled { what: "metrics" })?;
        *installed = Some(metrics.clone());
        Ok(metrics)
    }

    /// Figures that only code below `metrics::with_local_recorder` adds to; for tests. A label keeps
    /// `max_label_values` values.
    ///
    /// # Errors
    ///
    /// [`TelemetryError::Metrics`] when bounds are refused, which a test rules out.
    pub fn apart(max_label_values: usize) -> Result<(Self, Recorder), TelemetryError> {
        let inner = builder().map_err(|source| TelemetryError::Metrics { source })?.build_recorder();
        let metrics = Self { handle: inner.handle() };
        Ok((metrics, Recorder { inner, guard: LabelGuard::new(max_label_values) }))
    }

    /// All figures in the text format of Prometheus.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds what histograms gathered since the last call or [`render`](Self::render). Without either, memory grows with
    /// every observation: call it every few seconds.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    /// Names in use that break the rule of [`check_name`]; a test of the server expects none.
    #[must_use]
    pub fn misnamed(&self) -> Vec<String> {
        let text = self.render();
        let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
        names.filter(|name| check_name(name).is_err()).map(str::to_owned).collect()
    }
}

/// Histograms with buckets, which sum over processes; the library's own default, quantiles, does not.
fn builder() -> Result<PrometheusBuilder, BuildError> {
    let suffix = |unit: &str| Matcher::Suffix(unit.to_owned());
    PrometheusBuilder::new()
        .set_buckets(&COUNTS)?
        .set_buckets_for_metric(suffix("_seconds"), &SECONDS)?
        .set_buckets_for_metric(suffix("_bytes"), &BYTES)?
        .set_buckets_for_metric(suffix("_ratio"), &RATIO)
}

/// Keeps figures, with bounded labels.
pub struct Recorder {
    inner: PrometheusRecorder,
    guard: LabelGuard,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("guard", &self.guard).finish_non_exhaustive()
    }
}

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe_counter(name, unit, description);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe_gauge(name, unit, description);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe_histogram(name, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        self.inner.register_counter(self.guard.bounded(key).as_ref().unwrap_or(key), metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.inner.register_gauge(self.guard.bounded(key).as_ref().unwrap_or(key), metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        self.inner.register_histogram(self.guard.bounded(key).as_ref().unwrap_or(key), metadata)
    }
}

#[cfg(test)]
mod tests {
    use metrics::{counter, describe_counter, gauge, histogram, with_local_recorder};

    use super::*;

    #[test]
    fn figures_are_rendered_with_bounded_labels() {
        let (metrics, recorder) = Metrics::apart(2).unwrap();
        with_local_recorder(&recorder, || {
            describe_counter!("grayghost_test_calls_total", "calls made");
            for route in ["a", "b", "c", "d", "a"] {
                counter!("grayghost_test_calls_total", "route" => route).increment(1);
            }
            gauge!("grayghost_test_depth_jobs").set(7.0);
        });
        let text = metrics.render();
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("grayghost_")).collect();
        for expected in [
            "grayghost_test_calls_total{route=\"a\"} 2",
            "grayghost_test_calls_total{route=\"b\"} 1",
            "grayghost_test_calls_total{route=\"other\"} 2",
            "grayghost_test_depth_jobs 7",
        ] {
            assert!(lines.contains(&expected), "{expected} in {text}");
        }
        assert_eq!(lines.len(), 4, "{text}");
        assert!(text.contains("# HELP grayghost_test_calls_total calls made"), "{text}");
    }

    #[test]
    fn histograms_have_buckets_that_fit_their_unit() {
        let (metrics, recorder) = Metrics::apart(2).unwrap();
        with_local_recorder(&recorder, || {
            histogram!("grayghost_test_wait_seconds").record(0.02);
            histogram!("grayghost_test_body_bytes").record(3_000.0);
            histogram!("grayghost_test_hits_ratio").record(0.3);
            histogram!("grayghost_test_batch_rows").record(7.0);
        });
        metrics.upkeep();
        let text = metrics.render();
        for expected in [
            "grayghost_test_wait_seconds_bucket{le=\"0.01\"} 0",
            "grayghost_test_wait_seconds_bucket{le=\"0.025\"} 1",
            "grayghost_test_body_bytes_bucket{le=\"2048\"} 0",
            "grayghost_test_body_bytes_bucket{le=\"16384\"} 1",
            "grayghost_test_hits_ratio_bucket{le=\"0.5\"} 1",
            "grayghost_test_batch_rows_bucket{le=\"10\"} 1",
            "grayghost_test_batch_rows_count 1",
        ] {
            assert!(text.lines().any(|line| line == expected), "{expected} in {text}");
        }
    }

    #[test]
    fn names_that_break_the_rule_are_listed() {
        let (metrics, recorder) = Metrics::apart(2).unwrap();
        with_local_recorder(&recorder, || {
            counter!("grayghost_test_calls_total").increment(1);
            histogram!("grayghost_test_wait_ms").record(1.0);
            gauge!("depth").set(1.0);
        });
        let mut misnamed = metrics.misnamed();
        misnamed.sort();
        assert_eq!(misnamed, ["depth", "grayghost_test_wait_ms"]);
    }

    #[test]
    fn the_process_has_one_recorder_and_asking_again_gives_it_again() {
        let (first, second) = (Metrics::install().unwrap(), Metrics::install().unwrap());
        counter!("grayghost_test_installed_total").increment(3);
        for metrics in [first, second] {
            assert!(metrics.render().contains("grayghost_test_installed_total 3"));
        }
    }
}
