//! A run: files into bronze, models in the order of the graph, rules on what was written, and the account of it.

mod account;
mod assets;
mod files;
mod graph;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Instant};

use ::jobs::{Context, JobId, NewJob};
use eventlog::How;
use futures::future::BoxFuture;
use kernel::{Cancel, Permission, RunId, Timestamp};
use lakehouse_engine::{PreparedFile, Work};
use lakehouse_model::{AssetKind, AssetName};

use crate::{
    AssetResult, AssetState, FileResult, FileState, History, Lakehouse, LakehouseError, Listener, RunProgress,
    RunRequest, RunState, RunSummary,
    domain::RunEvent,
    jobs::{Asked, Here, KIND},
    lock::Locks,
};

/// A run that may begin: files looked at, every model planned, its assets locked.
pub(crate) struct Planned {
    request: RunRequest,
    files: Vec<Prepared>,
    /// Assets that this run may write.
    plan: BTreeSet<AssetName>,
    _locks: Locks,
}

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
    /// Loads files and makes the selected assets, as a job that this process does at once. What is wrong with the request, the
    /// project or a file is an error before anything is written; what breaks later is told in the summary, asset by asset.
    ///
    /// # Errors
    /// [`LakehouseError`], with nothing written; [`LakehouseError::Forbidden`] without `lakehouse:run`.
    pub fn run<'a>(
        &'a self,
        history: &'a History,
        request: RunRequest,
        listener: Listener,
        cancel: Cancel,
    ) -> BoxFuture<'a, Result<RunSummary, LakehouseError>> {
        Box::pin(async move {
            history.actor.require(Permission::LakehouseRun)?;
            let planned = self.plan_run((history, request), &listener, &cancel).await?;
            let job = self.job(history, &planned.request).await?;
            let here = Arc::new(Here::new(self.clone(), history.clone(), (planned, listener)));
            // Who has killed a command does not want it done behind their back.
            let job = job.max_attempts(1);
            history.jobs.perform(job, Arc::clone(&here) as Arc<dyn ::jobs::Handler>, cancel).await?;
            here.take().unwrap_or(Err(LakehouseError::Stopped))
        })
    }

    /// Enqueues a run for a server of this project; what is wrong with it is found when its turn comes.
    ///
    /// # Errors
    /// [`LakehouseError::Forbidden`] without `lakehouse:run`; those of the database.
    pub async fn enqueue_run(&self, history: &History, request: &RunRequest) -> Result<JobId, LakehouseError> {
        history.actor.require(Permission::LakehouseRun)?;
        Ok(history.jobs.enqueue(self.job(history, request).await?).await?.id())
    }

    async fn job(&self, history: &History, request: &RunRequest) -> Result<NewJob, LakehouseError> {
        let asked = Asked { project: self.id(), request: from_anywhere(request)? };
        Ok(history.jobs.job(history.workspace(), KIND, &asked).await?)
    }

    /// Looks at everything as a whole, before anything is written.
    pub(crate) async fn plan_run(
        &self,
        (history, request): (&History, RunRequest),
        listener: &Listener,
        cancel: &Cancel,
    ) -> Result<Planned, LakehouseError> {
        let request = if request.retry { retried(request, self.last_run(history).await?)? } else { request };
        let selected = self.project.select(request.select.as_deref(), request.exclude.as_deref())?;
        let files = self.prepare_files(&request, &selected, listener, cancel).await?;
        let plan = self.plan(&selected, &files);
        self.lake.plan_ahead(&self.project, &plan).await?;
        let locks = Locks::take(&self.state_folder().join("locks"), &plan)?;
        Ok(Planned { request, files, plan, _locks: locks })
    }

    async fn last_run(&self, history: &History) -> Result<Option<RunSummary>, LakehouseError> {
        Ok(history.newest(self.name(), 1).await?.into_iter().next())
    }

    /// Does what was planned, and records it.
    pub(crate) async fn execute_run(
        &self,
        history: &History,
        planned: Planned,
        (listener, context): (Listener, Context),
    ) -> Result<RunSummary, LakehouseError> {
        let steps =
            planned.files.len() + planned.plan.iter().filter(|name| self.project.models.contains_key(name)).count();
        let run = Run {
            house: self,
            id: RunId(history.log.source().uuid()),
            started_at: self.clock.now(),
            clock: Instant::now(),
            listener: told_to(&context, listener, steps as u64),
            cancel: context.cancel().clone(),
            history: history.clone(),
            plan: planned.plan,
            full_refresh: planned.request.full_refresh,
        };
        history.begin(run.id, run.started(&context, &planned.files), run.started_at).await?;
        let done = run.execute(planned.files).await;
        let summary = match &done {
            Ok(summary) => summary.clone(),
            Err(_) => RunSummary { state: RunState::Failed, ..run.blank_summary() },
        };
        // The job succeeds in the transaction of the fact that its run did.
        let also = (summary.state == RunState::Succeeded).then(|| context.completion());
        history.finish(summary, How { also, cause: context.cause().clone(), ..How::default() }).await?;
        done
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
fn retried(request: RunRequest, last: Option<RunSummary>) -> Result<RunRequest, LakehouseError> {
    let last = last.ok_or(LakehouseError::NothingToRetry)?;
    let unfinished = |asset: &&AssetResult| {
        matches!(asset.state, AssetState::Failed | AssetState::Skipped | AssetState::Cancelled)
            && asset.kind != "rejects"
    };
    let assets: Vec<&str> = last.assets.iter().filter(unfinished).map(|asset| asset.asset.as_str()).collect();
    let files = last.files.iter().filter(|file| matches!(file.state, FileState::Failed | FileState::Skipped));
    let files: Vec<PathBuf> = files.map(|file| file.path.clone().into()).collect();
    if last.state == RunState::Succeeded || (assets.is_empty() && files.is_empty()) {
        return Err(LakehouseError::NothingToRetry);
    }
    let select = (!assets.is_empty()).then(|| assets.join(" "));
    Ok(RunRequest { files, select, ..request })
}

/// The request with paths that mean the same in every process: a worker's folder is not that of the command line.
fn from_anywhere(request: &RunRequest) -> Result<RunRequest, LakehouseError> {
    let absolute = |path: &PathBuf| {
        std::path::absolute(path).map_err(|source| LakehouseError::Io { path: path.display().to_string(), source })
    };
    let files = request.files.iter().map(absolute).collect::<Result<_, _>>()?;
    Ok(RunRequest { files, ..request.clone() })
}

/// Tells the job too how far the run is: so many steps, each a file loaded or an asset made.
fn told_to(context: &Context, listener: Listener, steps: u64) -> Listener {
    let (context, done) = (context.clone(), std::sync::atomic::AtomicU64::new(0));
    Arc::new(move |event| {
        if let RunProgress::Finished { step, state, rows, duration_ms } = &event {
            let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            context.progress(done.min(steps), Some(steps), "steps");
            context.log(&format!("{step}: {state}, {rows} rows, {duration_ms} ms"));
        }
        listener(event);
    })
}

impl Run<'_> {
    fn tell(&self, event: RunProgress) {
        (self.listener)(event);
    }

    fn started(&self, context: &Context, files: &[Prepared]) -> RunEvent {
        RunEvent::RunStarted {
            run: self.id,
            project: self.house.name().to_owned(),
            job: context.job(),
            files: files.iter().map(|file| file.file.path.display().to_string()).collect(),
            assets: self.plan.iter().map(ToString::to_string).collect(),
        }
    }

    /// What is known of the run when it begins.
    fn blank_summary(&self) -> RunSummary {
        RunSummary {
            run_id: self.id,
            project: self.house.name().to_owned(),
            state: RunState::Running,
            started_at: self.started_at,
            duration_ms: u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX),
            files: Vec::new(),
            assets: Vec::new(),
            reconciliations: Vec::new(),
            checks: Vec::new(),
            report: None,
            lineage: None,
        }
    }

    /// Work for one step, whose progress is told under its name.
    fn work(&self, step: &str, from_rows: u64) -> Work {
        let (listener, step) = (Arc::clone(&self.listener), step.to_owned());
        let progress = move |done, rows| {
            listener(RunProgress::Progress { step: step.clone(), done, rows: from_rows + rows });
        };
        Work { now: self.started_at, cancel: self.cancel.clone(), progress: Arc::new(progress) }
    }

    async fn execute(&self, files: Vec<Prepared>) -> Result<RunSummary, LakehouseError> {
        self.tell(RunProgress::Planned { files: files.len(), assets: self.plan.len() });
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
