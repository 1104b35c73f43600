//! One run: it begins with its plan and ends once.
//!
//! Invariants
//! - a run begins once and ends once; whoever says it again changes nothing;
//! - what it materialised and which rules failed are told together with its end, in one append.
//!
//! No row of a table is in an event: verdicts are kept without their samples, and faults without the engine's words, which
//! quote the value that it could not read. Whoever waits for the run and its report have them. Names of files are stored in
//! the open.

use contracts::lakehouse::{LakehouseFact, RunOutcome};
use jobs::JobId;
use kernel::{Aggregate, Event, RunId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AssetResult, CheckResult, Fault, FileResult, Reconciliation, RunState, RunSummary};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum RunEvent {
    RunStarted {
        run: RunId,
        project: String,
        /// The job whose attempt this is.
        job: JobId,
        files: Vec<String>,
        assets: Vec<String>,
    },
    AssetMaterialised {
        asset: String,
        kind: String,
        version: u64,
        rows_in: u64,
        rows_written: u64,
        rows_total: u64,
        rejected: u64,
        duplicates: u64,
        commits: u64,
        size_bytes: u64,
        duration_ms: u64,
    },
    ExpectationFailed {
        asset: String,
        expectation: String,
        kind: String,
        severity: String,
        dimension: String,
        rows: u64,
        unexpected: u64,
        observed: Option<String>,
    },
    RunFinished {
        state: RunState,
        duration_ms: u64,
        files: Vec<FileResult>,
        assets: Vec<AssetResult>,
        reconciliations: Vec<Reconciliation>,
        checks: Vec<CheckResult>,
        report: Option<String>,
        lineage: Option<String>,
    },
}

impl Event for RunEvent {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Phase {
    #[default]
    New,
    Running,
    Ended,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Run {
    phase: Phase,
    names: Option<(RunId, String)>,
}

impl Run {
    pub(crate) fn begin(&self, started: RunEvent) -> Vec<RunEvent> {
        if self.phase == Phase::New { vec![started] } else { vec![] }
    }

    /// Ends it, with every asset whose version is not the one that was last told, and every rule that does not hold.
    pub(crate) fn finish(&self, summary: &RunSummary, told: impl Fn(&str) -> Option<u64>) -> Vec<RunEvent> {
        if self.phase != Phase::Running {
            return vec![];
        }
        let mut events: Vec<RunEvent> = summary.assets.iter().filter_map(|asset| materialised(asset, &told)).collect();
        events.extend(summary.checks.iter().filter(|check| !check.success).map(failed));
        events.push(RunEvent::RunFinished {
            state: summary.state,
            duration_ms: summary.duration_ms,
            files: summary.files.clone(),
            assets: summary.assets.iter().map(without_words).collect(),
            reconciliations: summary.reconciliations.clone(),
            checks: summary.checks.iter().map(without_samples).collect(),
            report: summary.report.clone(),
            lineage: summary.lineage.clone(),
        });
        events
    }
}

fn materialised(asset: &AssetResult, told: impl Fn(&str) -> Option<u64>) -> Option<RunEvent> {
    let version = asset.version.filter(|version| told(&asset.asset) != Some(*version))?;
    Some(RunEvent::AssetMaterialised {
        asset: asset.asset.clone(),
        kind: asset.kind.clone(),
        version,
        rows_in: asset.rows_in,
        rows_written: asset.rows_written,
        rows_total: asset.rows_total,
        rejected: asset.rejected,
        duplicates: asset.duplicates,
        commits: asset.commits,
        size_bytes: asset.size_bytes,
        duration_ms: asset.duration_ms,
    })
}

fn failed(check: &CheckResult) -> RunEvent {
    RunEvent::ExpectationFailed {
        asset: check.asset.clone(),
        expectation: check.expectation.clone(),
        kind: check.kind.clone(),
        severity: check.severity.clone(),
        dimension: check.dimension.clone(),
        rows: check.rows,
        unexpected: check.unexpected,
        observed: check.observed.clone(),
    }
}

/// Code, place and remedy say what to look for.
fn without_words(asset: &AssetResult) -> AssetResult {
    let fault = asset.fault.clone().map(|fault| Fault { why: None, ..fault });
    AssetResult { fault, ..asset.clone() }
}

fn without_samples(check: &CheckResult) -> CheckResult {
    CheckResult { samples: Vec::new(), ..check.clone() }
}

impl Aggregate for Run {
    const STREAM: &'static str = "lakehouse.run";
    type Id = RunId;
    type Event = RunEvent;
    type Published = LakehouseFact;

    fn apply(&mut self, event: &RunEvent) {
        match event {
            RunEvent::RunStarted { run, project, .. } => {
                self.names = Some((*run, project.clone()));
                self.phase = Phase::Running;
            }
            RunEvent::RunFinished { .. } => self.phase = Phase::Ended,
            RunEvent::AssetMaterialised { .. } | RunEvent::ExpectationFailed { .. } => {}
        }
    }

    fn publish(&self, event: &RunEvent) -> Option<LakehouseFact> {
        let (run, project) = self.names.clone()?;
        Some(match event.clone() {
            RunEvent::RunStarted { assets, .. } => LakehouseFact::RunStarted { run, project, assets },
            RunEvent::AssetMaterialised { asset, version, rows_written, rows_total, .. } => {
                LakehouseFact::AssetMaterialised { run, project, asset, version, rows_written, rows_total }
            }
            RunEvent::ExpectationFailed { asset, expectation, severity, rows, unexpected, .. } => {
                LakehouseFact::ExpectationFailed { run, project, asset, expectation, severity, rows, unexpected }
            }
            RunEvent::RunFinished { state, duration_ms, .. } => {
                LakehouseFact::RunFinished { run, project, outcome: outcome(state)?, duration_ms }
            }
        })
    }
}

fn outcome(state: RunState) -> Option<RunOutcome> {
    match state {
        RunState::Running => None,
        RunState::Succeeded => Some(RunOutcome::Succeeded),
        RunState::Failed => Some(RunOutcome::Failed),
        RunState::Cancelled => Some(RunOutcome::Cancelled),
        RunState::Interrupted => Some(RunOutcome::Interrupted),
    }
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::*;
    use crate::{AssetState, CheckCounts, FileState};

    fn id() -> RunId {
        RunId(kernel::uuid::Uuid::from_u128(7))
    }

    fn started() -> RunEvent {
        RunEvent::RunStarted {
            run: id(),
            project: "shop".to_owned(),
            job: JobId(kernel::uuid::Uuid::from_u128(8)),
            files: vec!["monday.csv".to_owned()],
            assets: vec!["silver.sales".to_owned()],
        }
    }

    fn asset(version: Option<u64>) -> AssetResult {
        AssetResult {
            asset: "silver.sales".to_owned(),
            kind: "incremental".to_owned(),
            state: AssetState::Succeeded,
            rows_in: 5,
            rows_written: 3,
            rows_total: 9,
            rejected: 1,
            duplicates: 1,
            commits: 1,
            version,
            size_bytes: 4_096,
            duration_ms: 12,
            checks: CheckCounts { passed: 2, warned: 0, failed: 1 },
            fault: None,
        }
    }

    fn check(success: bool) -> CheckResult {
        CheckResult {
            asset: "silver.sales".to_owned(),
            expectation: "little".to_owned(),
            kind: "expression_is_true".to_owned(),
            columns: vec!["pieces".to_owned()],
            severity: "error".to_owned(),
            mostly: Some(0.5),
            success,
            rows: 9,
            unexpected: 2,
            observed: Some("sum = 3".to_owned()),
            samples: vec![serde_json::json!({ "name": "Ann" })],
            dimension: "validity".to_owned(),
            description: None,
        }
    }

    fn summary(version: Option<u64>) -> RunSummary {
        RunSummary {
            run_id: id(),
            project: "shop".to_owned(),
            state: RunState::Failed,
            started_at: Timestamp(5),
            duration_ms: 40,
            files: vec![FileResult {
                path: "monday.csv".to_owned(),
                source: "tills".to_owned(),
                table: "bronze.tills_raw".to_owned(),
                state: FileState::Loaded,
                batch_id: "b".to_owned(),
                sha256: "00".to_owned(),
                rows: 5,
                malformed: 0,
                size_bytes: 100,
                duration_ms: 3,
            }],
            assets: vec![asset(version)],
            reconciliations: Vec::new(),
            checks: vec![check(true), check(false)],
            report: Some("r.html".to_owned()),
            lineage: None,
        }
    }

    fn after(events: &[RunEvent]) -> Run {
        let mut run = Run::default();
        for event in events {
            run.apply(event);
        }
        run
    }

    fn kinds(events: &[RunEvent]) -> Vec<String> {
        let tag = |event| serde_json::to_value(event).expect("JSON")["type"].as_str().expect("a type").to_owned();
        events.iter().map(tag).collect()
    }

    #[test]
    fn a_run_begins_once_and_ends_once() {
        let run = after(&Run::default().begin(started()));
        assert_eq!(run.begin(started()), []);
        let ended = run.finish(&summary(Some(3)), |_| None);
        assert_eq!(kinds(&ended), ["asset_materialised", "expectation_failed", "run_finished"]);
        let run = after(&[vec![started()], ended].concat());
        assert_eq!(run.finish(&summary(Some(4)), |_| None), []);
        assert_eq!(Run::default().finish(&summary(Some(3)), |_| None), [], "it has not begun");
    }

    #[test]
    fn a_version_is_told_once_and_a_view_has_none() {
        let run = after(&[started()]);
        let cases = [(Some(3), None, true), (Some(3), Some(2), true), (Some(3), Some(3), false), (None, None, false)];
        for (version, told, expected) in cases {
            let events = run.finish(&summary(version), |_| told);
            assert_eq!(kinds(&events).contains(&"asset_materialised".to_owned()), expected, "{version:?} {told:?}");
        }
    }

    #[test]
    fn no_row_of_a_table_is_in_an_event() {
        let events = after(&[started()]).finish(&summary(Some(3)), |_| None);
        let text = serde_json::to_string(&events).expect("JSON");
        assert!(!text.contains("Ann") && text.contains("sum = 3"), "{text}");
    }

    #[test]
    fn every_end_is_told_to_others_and_going_on_is_not() {
        let run = after(&[started()]);
        for state in [RunState::Succeeded, RunState::Failed, RunState::Cancelled, RunState::Interrupted] {
            let events = run.finish(&RunSummary { state, ..summary(None) }, |_| None);
            let facts: Vec<_> = events.iter().filter_map(|event| run.publish(event)).collect();
            assert_eq!(facts.len(), 2, "{state:?}");
            let LakehouseFact::RunFinished { outcome, .. } = &facts[1] else { panic!("{facts:?}") };
            assert_eq!(serde_json::to_value(outcome).expect("JSON"), state.name());
        }
        assert_eq!(outcome(RunState::Running), None);
    }

    #[test]
    fn events_keep_to_their_published_schemas() {
        let mut events = vec![started()];
        events.extend(after(&[started()]).finish(&summary(Some(3)), |_| None));
        testkit::schemas::check::<Run>(env!("CARGO_MANIFEST_DIR"), &events);
    }
}
