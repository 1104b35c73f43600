//! A run: files into bronze, models in the order of the graph, rules on what was written, and the account of it.

mod account;
mod assets;
mod files;
mod graph;

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use futures::future::BoxFuture;
use kernel::{Cancel, RunId, Timestamp};
use lakehouse_engine::{PreparedFile, Work};
use lakehouse_model::{AssetKind, AssetName};

use crate::{
    AssetResult, AssetState, FileResult, FileState, Lakehouse, LakehouseError, Listener, RunEvent, RunRequest,
    RunState, RunSummary, history::History, lock::Locks,
};

/// What a run carries along.
pub(crate) struct Run<'a> {
    house: &'a Lakehouse,
    id: RunId,
    started_at: Timestamp,
    clock: Instant,
    listener: Listener,
    cancel: Cancel,
    history: History,
    /// Assets that this run may write.
    plan: BTreeSet<AssetName>,
    full_refresh: bool,
}

impl Lakehouse {
    /// Loads files and makes the selected assets. What is wrong with the request, the project or a file is an error
    /// before anything is written; what breaks later is told in the summary, asset by asset.
    ///
    /// # Errors
    /// [`LakehouseError`], with nothing written.
    pub fn run(
        &self,
        request: RunRequest,
        listener: Listener,
        cancel: Cancel,
    ) -> BoxFuture<'_, Result<RunSummary, LakehouseError>> {
        Box::pin(async move {
            std::fs::create_dir_all(self.state_folder())
                .map_err(|source| LakehouseError::Io { path: self.state_folder().display().to_string(), source })?;
            let history = History::open(&self.state_folder().join("state.db")).await?;
            let request = if request.retry { retried(request, &history).await? } else { request };
            let selected = self.project.select(request.select.as_deref(), request.exclude.as_deref())?;
            let prepared = self.prepare_files(&request, &selected, &listener, &cancel).await?;
            let plan = self.plan(&selected, &prepared);
            self.lake.plan_ahead(&self.project, &plan).await?;
            let _locks = Locks::take(&self.state_folder().join("locks"), &plan)?;
            let run = Run {
                house: self,
                id: RunId::new(),
                started_at: self.clock.now(),
                clock: Instant::now(),
                listener,
                cancel,
                history,
                plan,
                full_refresh: request.full_refresh,
            };
            let summary = run.execute(prepared).await;
            run.history.close().await;
            summary
        })
    }

    /// The assets that a run may write: the selected models with their rejects, and the files' tables.
    fn plan(&self, selected: &BTreeSet<AssetName>, files: &[Prepared]) -> BTreeSet<AssetName> {
        let mut plan: BTreeSet<AssetName> = files.iter().map(|file| file.table.clone()).collect();
        for (name, kind) in self.project.assets() {
            if kind == AssetKind::Model && selected.contains(&name) {
                plan.extend(self.project.models.get(&name).and_then(|model| model.config.rejects.clone()));
                plan.insert(name);
            }
        }
        plan
    }
}

/// A file and where it goes.
pub(crate) struct Prepared {
    source: String,
    table: AssetName,
    file: PreparedFile,
}

/// Turns `--retry` into the files and assets that the last run did not finish.
async fn retried(request: RunRequest, history: &History) -> Result<RunRequest, LakehouseError> {
    let last = history.newest(1).await?.into_iter().next().ok_or(LakehouseError::NothingToRetry)?;
    let unfinished = |asset: &&AssetResult| {
        matches!(asset.state, AssetState::Failed | AssetState::Skipped | AssetState::Cancelled)
            && asset.kind != "rejects"
    };
    let assets: Vec<&str> = last.assets.iter().filter(unfinished).map(|asset| asset.asset.as_str()).collect();
    let files = last.files.iter().filter(|file| matches!(file.state, FileState::Failed | FileState::Skipped));
    let files: Vec<std::path::PathBuf> = files.map(|file| file.path.clone().into()).collect();
    if last.state == RunState::Succeeded || (assets.is_empty() && files.is_empty()) {
        return Err(LakehouseError::NothingToRetry);
    }
    let select = (!assets.is_empty()).then(|| assets.join(" "));
    Ok(RunRequest { files, select, ..request })
}

impl Run<'_> {
    fn tell(&self, event: RunEvent) {
        (self.listener)(event);
    }

    /// Work for one step, whose progress is told under its name.
    fn work(&self, step: &str, from_rows: u64) -> Work {
        let (listener, step) = (Arc::clone(&self.listener), step.to_owned());
        let progress = move |done, rows| {
            listener(RunEvent::Progress { step: step.clone(), done, rows: from_rows + rows });
        };
        Work { now: self.started_at, cancel: self.cancel.clone(), progress: Arc::new(progress) }
    }

    async fn execute(&self, files: Vec<Prepared>) -> Result<RunSummary, LakehouseError> {
        self.tell(RunEvent::Planned { files: files.len(), assets: self.plan.len() });
        let mut state = graph::Board::new(self);
        let mut results: Vec<FileResult> = Vec::with_capacity(files.len());
        let mut stopped = false;
        for prepared in &files {
            if stopped || self.cancel.is_cancelled() {
                results.push(files::result_of(prepared, FileState::Skipped));
                continue;
            }
            let (result, fault) = self.load(prepared).await;
            stopped = fault.is_some();
            state.loaded(prepared, &result, fault);
            results.push(result);
            if !stopped && !self.cancel.is_cancelled() {
                stopped = !self.make_per_file(&mut state).await?;
            }
        }
        self.house.lake.forget_batches().await;
        self.make_rest(&mut state).await?;
        self.account(results, state).await
    }
}
