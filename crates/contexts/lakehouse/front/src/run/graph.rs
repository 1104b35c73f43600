//! The board of a run: which assets are made, which wait, which are lost.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream::FuturesUnordered};
use lakehouse_model::{AssetKind, AssetName, BatchBy, Materialization, Model};

use super::{Prepared, Run, assets::Task};
use crate::{AssetResult, AssetState, CheckResult, Fault, FileResult, FileState, LakehouseError};

/// How far each asset of the plan is.
pub(crate) struct Board {
    /// In the order of the graph.
    pub(super) order: Vec<(AssetName, AssetKind)>,
    pub(super) results: BTreeMap<AssetName, AssetResult>,
    pub(super) checks: Vec<CheckResult>,
    /// Column lineage of the models planned in this run.
    pub(super) columns: BTreeMap<AssetName, Vec<(String, Vec<crate::ColumnEdge>)>>,
}

impl Board {
    pub(super) fn new(run: &Run<'_>) -> Self {
        let order = run.house.project.assets().into_iter().filter(|(name, _)| run.plan.contains(name)).collect();
        Self { order, results: BTreeMap::new(), checks: Vec::new(), columns: BTreeMap::new() }
    }

    /// Takes in what became of a file.
    pub(super) fn loaded(&mut self, prepared: &Prepared, file: &FileResult, fault: Option<Fault>) {
        let result = self
            .results
            .entry(prepared.table.clone())
            .or_insert_with(|| AssetResult { state: AssetState::Unchanged, ..blank(&prepared.table, "source") });
        result.rows_in += file.rows;
        result.rows_written += file.rows;
        result.duration_ms += file.duration_ms;
        if file.state == FileState::Loaded {
            result.commits += 1;
            result.state = AssetState::Succeeded;
        }
        if fault.is_some() {
            result.state = AssetState::Failed;
            result.fault = fault;
        } else if file.state == FileState::Skipped {
            result.state = AssetState::Cancelled;
        }
    }

    /// Adds what one more pass over an asset did.
    pub(super) fn made(&mut self, result: AssetResult) {
        let Ok(name) = AssetName::parse(&result.asset) else { return };
        match self.results.get_mut(&name) {
            Some(before) => {
                before.rows_in += result.rows_in;
                before.rows_written += result.rows_written;
                before.rejected += result.rejected;
                before.duplicates += result.duplicates;
                before.commits += result.commits;
                before.duration_ms += result.duration_ms;
                if result.state != AssetState::Unchanged {
                    before.state = result.state;
                }
                if result.fault.is_some() {
                    before.fault = result.fault;
                }
            }
            None => {
                self.results.insert(name, result);
            }
        }
    }

    fn is_lost(&self, name: &AssetName) -> bool {
        let lost = |state| matches!(state, AssetState::Failed | AssetState::Skipped | AssetState::Cancelled);
        self.results.get(name).is_some_and(|result| lost(result.state))
    }
}

/// A result with nothing in it yet.
pub(super) fn blank(asset: &AssetName, kind: &str) -> AssetResult {
    AssetResult {
        asset: asset.to_string(),
        kind: kind.to_owned(),
        state: AssetState::Unchanged,
        rows_in: 0,
        rows_written: 0,
        rows_total: 0,
        rejected: 0,
        duplicates: 0,
        commits: 0,
        version: None,
        size_bytes: 0,
        duration_ms: 0,
        checks: crate::CheckCounts::default(),
        fault: None,
    }
}

impl Run<'_> {
    /// Makes the models that want a commit for each file; `false` when one failed.
    pub(super) async fn make_per_file(&self, board: &mut Board) -> Result<bool, LakehouseError> {
        for model in self.models(board).into_iter().filter(|model| model.config.batch_by == BatchBy::File) {
            if model.reads.iter().any(|input| self.waits_for_run(input)) || board.is_lost(&model.name) {
                continue;
            }
            let result = self.make(model, board).await?;
            board.made(result);
            if board.is_lost(&model.name) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether an input is only made at the end of the run.
    fn waits_for_run(&self, input: &AssetName) -> bool {
        let model = self.house.project.models.get(input).filter(|_| self.plan.contains(input));
        model.is_some_and(|model| {
            model.config.batch_by == BatchBy::Run && model.config.materialized != Materialization::View
        })
    }

    fn models(&self, board: &Board) -> Vec<&Model> {
        board.order.iter().filter_map(|(name, _)| self.house.project.models.get(name)).collect()
    }

    /// Makes everything else and checks the rules, in parallel where the graph allows.
    pub(super) async fn make_rest(&self, board: &mut Board) -> Result<(), LakehouseError> {
        let mut waiting = self.tasks(board);
        let mut done: BTreeSet<Task> = BTreeSet::new();
        let limit = match self.house.project.settings.lake.parallel_assets {
            0 => self.house.cores,
            limit => limit as usize,
        };
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < limit {
                let ready = waiting.iter().position(|(_, needs)| needs.is_subset(&done));
                let Some((task, _)) = ready.map(|at| waiting.remove(at)) else { break };
                if let Some(lost) = self.refuse(&task, board) {
                    board.made(lost);
                    done.insert(task);
                    continue;
                }
                running.push(self.perform(task));
            }
            let Some(finished) = running.next().await else { break };
            let finished = finished?;
            done.insert(finished.task.clone());
            board.take(finished);
        }
        Ok(())
    }

    /// An asset whose inputs are lost is not made; one that is lost is not checked.
    fn refuse(&self, task: &Task, board: &Board) -> Option<AssetResult> {
        let name = task.asset();
        let kind = self.kind(name);
        match task {
            _ if board.is_lost(name) => Some(blank(name, &kind)),
            // A rule that looks at a table which was not made has nothing to say.
            Task::Check(_) => {
                let looked_at = self.house.project.checked_against(name);
                let blind = looked_at.iter().any(|other| board.is_lost(other));
                blind.then(|| blank(name, &kind))
            }
            Task::Make(_) => {
                let lost = self.house.project.graph.parents(name).iter().any(|parent| board.is_lost(parent));
                let state = if self.cancel.is_cancelled() { AssetState::Cancelled } else { AssetState::Skipped };
                (lost || self.cancel.is_cancelled()).then(|| AssetResult { state, ..blank(name, &kind) })
            }
        }
    }

    pub(super) fn kind(&self, name: &AssetName) -> String {
        match self.house.project.models.get(name).map(|model| model.config.materialized) {
            Some(Materialization::Table) => "table",
            Some(Materialization::Incremental) => "incremental",
            Some(Materialization::View) => "view",
            None if self.house.project.sources.values().any(|source| source.table == *name) => "source",
            None => "rejects",
        }
        .to_owned()
    }

    /// What is to be done, each with what must be done before. The rules on an asset gate what reads it, unless they
    /// look at something below it: those are checked when that is made.
    fn tasks(&self, board: &Board) -> Vec<(Task, BTreeSet<Task>)> {
        let project = &self.house.project;
        let mut tasks = Vec::new();
        let planned = |name: &AssetName| self.plan.contains(name);
        let late = |name: &AssetName| {
            let below = project.graph.descendants(name, None);
            project.checked_against(name).iter().any(|other| below.contains(other))
        };
        for (name, _) in &board.order {
            let mut needs = BTreeSet::new();
            for parent in project.graph.parents(name).iter().filter(|parent| planned(parent)) {
                needs.insert(if late(parent) { Task::Make(parent.clone()) } else { Task::Check(parent.clone()) });
            }
            tasks.push((Task::Make(name.clone()), needs));
            let mut needs: BTreeSet<Task> =
                project.checked_against(name).into_iter().filter(|other| planned(other)).map(Task::Make).collect();
            needs.insert(Task::Make(name.clone()));
            tasks.push((Task::Check(name.clone()), needs));
        }
        tasks
    }
}
