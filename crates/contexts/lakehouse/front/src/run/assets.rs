//! One asset: made, then checked.

use std::time::Instant;

use lakehouse_engine::{EngineError, Made};
use lakehouse_model::{AssetName, Model, Severity};

use super::{
    Run,
    graph::{Board, blank},
};
use crate::{
    AssetResult, AssetState, CheckCounts, CheckResult, ColumnEdge, Fault, LakehouseError, RunProgress,
    queries::check_result,
};

/// A piece of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Task {
    /// Compute and commit.
    Make(AssetName),
    /// Look at what was committed.
    Check(AssetName),
}

impl Task {
    pub(super) fn asset(&self) -> &AssetName {
        match self {
            Self::Make(name) | Self::Check(name) => name,
        }
    }
}

/// What a task gave.
pub(super) struct Finished {
    pub(super) task: Task,
    result: Option<AssetResult>,
    checks: Vec<CheckResult>,
    fault: Option<Fault>,
    columns: Vec<(String, Vec<ColumnEdge>)>,
    duration_ms: u64,
}

impl Board {
    /// Takes in what a task gave.
    pub(super) fn take(&mut self, finished: Finished) {
        let name = finished.task.asset().clone();
        if let Some(result) = finished.result {
            self.made(result);
        }
        if !finished.columns.is_empty() {
            self.columns.insert(name.clone(), finished.columns);
        }
        let Some(result) = self.results.get_mut(&name) else { return };
        if matches!(finished.task, Task::Check(_)) {
            result.checks = CheckCounts::of(&finished.checks);
            result.duration_ms += finished.duration_ms;
        }
        if result.checks.failed > 0 {
            result.state = AssetState::Failed;
        }
        if finished.fault.is_some() {
            result.state = AssetState::Failed;
            result.fault = finished.fault;
        }
        self.checks.extend(finished.checks);
    }
}

impl Run<'_> {
    /// Makes a model once, with what it can read now.
    pub(super) async fn make(&self, model: &Model, board: &mut Board) -> Result<AssetResult, LakehouseError> {
        let (result, columns) = self.make_once(model).await;
        if !columns.is_empty() {
            board.columns.insert(model.name.clone(), columns);
        }
        Ok(result)
    }

    async fn make_once(&self, model: &Model) -> (AssetResult, Vec<(String, Vec<ColumnEdge>)>) {
        let (began, step) = (Instant::now(), model.name.to_string());
        self.tell(RunProgress::Started { step: step.clone(), total: 0, unit: "rows" });
        let work = self.work(&step, 0);
        let made = self.house.lake.make(&self.house.project, model, self.full_refresh, &work).await;
        let mut result = blank(&model.name, &self.kind(&model.name));
        let mut columns = Vec::new();
        match made {
            Ok(made) => {
                result.state = if made.unchanged { AssetState::Unchanged } else { AssetState::Succeeded };
                columns = edges(&made);
                result.rows_in = made.rows_in;
                result.rows_written = made.rows_written;
                result.rejected = made.rejected;
                result.duplicates = made.duplicates;
                result.commits = made.commits;
            }
            Err(EngineError::Cancelled) => result.state = AssetState::Cancelled,
            Err(error) => {
                result.state = AssetState::Failed;
                result.fault = Some(Fault::of(&error));
            }
        }
        result.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let state = match result.state {
            AssetState::Succeeded => "succeeded",
            AssetState::Unchanged => "unchanged",
            AssetState::Failed => "failed",
            AssetState::Skipped => "skipped",
            AssetState::Cancelled => "cancelled",
        };
        let (rows, duration_ms) = (result.rows_written, result.duration_ms);
        self.tell(RunProgress::Finished { step, state: state.to_owned(), rows, duration_ms });
        (result, columns)
    }

    /// Does one task.
    pub(super) async fn perform(&self, task: Task) -> Result<Finished, LakehouseError> {
        let began = Instant::now();
        let mut finished = Finished {
            task: task.clone(),
            result: None,
            checks: Vec::new(),
            fault: None,
            columns: Vec::new(),
            duration_ms: 0,
        };
        match task {
            Task::Make(name) => {
                if let Some(model) = self.house.project.models.get(&name) {
                    let (result, columns) = self.make_once(model).await;
                    (finished.result, finished.columns) = (Some(result), columns);
                } else {
                    finished.result = Some(blank(&name, &self.kind(&name)));
                }
            }
            Task::Check(name) => match self.check(&name).await {
                Ok(checks) => finished.checks = checks,
                Err(LakehouseError::Engine(EngineError::Cancelled)) => {}
                Err(error) => finished.fault = Some(Fault::of(&error)),
            },
        }
        finished.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(finished)
    }

    /// The verdicts on an asset: last time's when neither it nor its rules nor what they look at changed.
    async fn check(&self, name: &AssetName) -> Result<Vec<CheckResult>, LakehouseError> {
        let project = &self.house.project;
        let Some(doc) = project.asset_doc(name) else { return Ok(Vec::new()) };
        if doc.expectations.is_empty() || self.house.lake.facts(name).await?.is_none() && !self.is_view(name) {
            return Ok(Vec::new());
        }
        let seen = self.house.seen(name).await?;
        if let Some(before) = seen.as_ref().and_then(|seen| self.house.kept_verdicts(name, seen)) {
            return Ok(before);
        }
        let samples = project.settings.quality.samples as usize;
        let step = format!("checking {name}");
        let outcomes = self.house.lake.check(project, name, samples, &self.work(&step, 0)).await?;
        let mut checks = Vec::new();
        for outcome in outcomes {
            if let Some(rule) = doc.expectations.iter().find(|rule| rule.id == outcome.expectation) {
                checks.push(check_result(name, rule, outcome));
            }
        }
        if doc.expectations.iter().any(|rule| rule.severity == Severity::Quarantine) {
            checks.extend(self.house.quarantine_results(name).await?);
        }
        if let Some(seen) = seen {
            self.house.keep_verdicts(name, seen, &checks)?;
        }
        Ok(checks)
    }

    fn is_view(&self, name: &AssetName) -> bool {
        self.kind(name) == "view"
    }
}

fn edges(made: &Made) -> Vec<(String, Vec<ColumnEdge>)> {
    crate::queries::edges(&made.columns)
}

impl CheckCounts {
    /// Counts verdicts by outcome.
    #[must_use]
    pub fn of<'a>(checks: impl IntoIterator<Item = &'a CheckResult>) -> Self {
        let mut counts = Self::default();
        for check in checks {
            match (check.success, check.severity.as_str()) {
                (true, _) => counts.passed += 1,
                (false, "error") => counts.failed += 1,
                (false, _) => counts.warned += 1,
            }
        }
        counts
    }
}
