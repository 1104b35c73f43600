//! The job `lakehouse.perform_run`: a run, started by a command line that waits for it, or taken from the queue.
//!
//! It may run twice: a file that was loaded adds nothing, a table that is up to date is left alone. An attempt is a run of its
//! own. A run that fails is not tried again by itself, for its files and models would be the same; replayed as a dead letter, it
//! goes on.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ::jobs::{BackOff, Context, Failure, Handler, KindLimits, Retry};
use futures::{FutureExt, future::BoxFuture};
use kernel::{Actor, Clock, ErrorKind, ProductError, ProjectId, WorkspaceId};
use lakehouse_engine::Resolver;

use crate::{History, Lakehouse, LakehouseError, Listener, RunRequest, RunState, RunSummary, run::Planned};

/// Of the job.
pub(crate) const KIND: &str = "lakehouse.perform_run";

/// How long a run waits for another one of the same tables, or for a server of its own project, until it looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// A run takes as long as it takes.
const LIMITS: KindLimits = KindLimits {
    max_attempts: 3,
    concurrency: Some(1),
    timeout: Duration::from_hours(24 * 7),
    back_off: BackOff { first: Duration::from_secs(5), most: Duration::from_mins(5) },
    rate: None,
};

/// What the job is given.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Asked {
    /// Several projects may share a database, and each has servers of its own.
    pub(crate) project: ProjectId,
    pub(crate) request: RunRequest,
}

/// Does runs of one project from the queue.
pub(crate) struct PerformRun {
    pub(crate) root: PathBuf,
    pub(crate) workspace: WorkspaceId,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) resolver: Arc<dyn Resolver>,
}

impl Handler for PerformRun {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn limits(&self) -> KindLimits {
        LIMITS
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            let Asked { project, request } = context.args().await?;
            let house = Lakehouse::open(&self.root, Arc::clone(&self.clock), Arc::clone(&self.resolver))?;
            if (project, context.workspace()) != (house.id(), self.workspace) {
                return Err(Failure::new("it is a run of another project", Retry::Wait(LOOK_AGAIN)));
            }
            // Who asked was held to `lakehouse:run` when the job was enqueued.
            let actor = Actor::system(context.workspace());
            let history = History { log: context.facts().clone(), jobs: context.jobs().clone(), actor };
            let listener: Listener = Arc::new(|_| {});
            let planned = house
                .plan_run((&history, request), &listener, context.cancel())
                .await
                .map_err(|error| not_begun(&error))?;
            verdict(&context, &house.execute_run(&history, planned, (listener, context.clone())).await)
        }
        .boxed()
    }
}

/// What a run that was performed here gave.
pub(crate) type Done = Result<RunSummary, LakehouseError>;

/// Does one run that was planned already, for a caller who waits.
pub(crate) struct Here {
    house: Lakehouse,
    history: History,
    listener: Listener,
    planned: Mutex<Option<Planned>>,
    done: Mutex<Option<Done>>,
}

impl Here {
    pub(crate) fn new(house: Lakehouse, history: History, (planned, listener): (Planned, Listener)) -> Self {
        Self { house, history, listener, planned: Mutex::new(Some(planned)), done: Mutex::default() }
    }

    /// What it gave; `None` where it did not come to its end.
    pub(crate) fn take(&self) -> Option<Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Handler for Here {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn limits(&self) -> KindLimits {
        LIMITS
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            let planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(planned) = planned else { return Err(Failure::new("it was done before", Retry::Never)) };
            let listener = Arc::clone(&self.listener);
            let done = self.house.execute_run(&self.history, planned, (listener, context.clone())).await;
            let ending = verdict(&context, &done);
            *self.done.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            ending
        }
        .boxed()
    }
}

/// A run that was not begun: it waits for who holds its tables.
fn not_begun(error: &LakehouseError) -> Failure {
    match error {
        LakehouseError::Locked { .. } => Failure::new(error.to_string(), Retry::Wait(LOOK_AGAIN)),
        _ => failed(error),
    }
}

/// Tried again where the same call may succeed.
fn failed(error: &LakehouseError) -> Failure {
    let again = matches!(error.kind(), ErrorKind::Conflict | ErrorKind::TooMany | ErrorKind::Unavailable);
    Failure::new(format!("{}: {error}", error.code()), if again { Retry::BackOff } else { Retry::Never })
}

/// How the job of a run ends.
fn verdict(context: &Context, done: &Done) -> Result<(), Failure> {
    match done {
        Ok(summary) if summary.state == RunState::Succeeded => Ok(()),
        Ok(summary) => {
            let fault = summary.assets.iter().find_map(|asset| Some((&asset.asset, asset.fault.as_ref()?)));
            let why = fault.map(|(asset, fault)| format!(": {asset}: {}: {}", fault.code, fault.message));
            let (run, state) = (summary.run_id, summary.state.name());
            let text = format!("run {run} {state}{}", why.unwrap_or_default());
            context.log(&text);
            Err(Failure::new(text, Retry::Never))
        }
        Err(error) => Err(failed(error)),
    }
}
