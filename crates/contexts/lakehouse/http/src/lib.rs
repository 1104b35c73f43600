//! The lakehouse over HTTP, one operation a file.
//!
//! The project is read anew for each call, so that a change of its models needs no new start. It belongs to one workspace: callers
//! of another are told that there is none. Absent on purpose: files named by
//! a caller. A run over HTTP loads what the project's sources name, for a path on the server is nobody's to give.

mod check_quality;
mod form;
mod list_assets;
mod list_runs;
mod query_sql;
mod served_project;
mod show_lineage;
mod start_run;

use std::sync::Arc;

use eventlog::EventLog;
use http_edge::Operation;
use jobs::Jobs;
use kernel::{Actor, Cursor, PageRequest, WordError};
use lakehouse::{History, Lakehouse, LakehouseError};
use tokio::{runtime::Handle, sync::Semaphore};

pub use served_project::ServedProject;

/// What the operations ask: one project, and where its runs are recorded.
#[derive(Debug, Clone)]
pub struct Served {
    project: ServedProject,
    log: EventLog,
    jobs: Jobs,
    /// Turns of statements, which all of them share.
    statements: Arc<Semaphore>,
    /// Where statements are computed: a step that takes long holds up no other request.
    compute: Handle,
}

impl Served {
    /// This project; its runs are facts of this log and jobs of this queue, statements are computed by this runtime.
    #[must_use]
    pub fn new(project: ServedProject, (log, jobs): (&EventLog, &Jobs), compute: Handle) -> Self {
        let statements = Arc::new(Semaphore::new(query_sql::MOST_AT_ONCE));
        Self { project, log: log.clone(), jobs: jobs.clone(), statements, compute }
    }

    /// All operations of the lakehouse.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        vec![
            list_assets::operation(self),
            show_lineage::operation(self),
            check_quality::operation(self),
            list_runs::operation(self),
            start_run::operation(self),
            query_sql::operation(self),
        ]
    }

    async fn open(&self, actor: &Actor) -> Result<Lakehouse, LakehouseError> {
        self.project.open(actor.workspace).await
    }

    fn history(&self, actor: &Actor) -> History {
        History { log: self.log.clone(), jobs: self.jobs.clone(), actor: actor.clone() }
    }
}

/// Which page a query asks for; `usual` items where it does not say.
fn page(asked: (Option<u32>, Option<&str>), usual: u32) -> Result<PageRequest, WordError> {
    let (limit, cursor) = asked;
    PageRequest::new(limit.unwrap_or(usual), cursor.map(str::parse::<Cursor>).transpose()?)
}
