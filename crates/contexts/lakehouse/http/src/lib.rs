//! The lakehouse over HTTP, one operation a file.
//!
//! The project is read anew for each call, so that a change of its models needs no new start. Absent on purpose: files named by
//! a caller. A run over HTTP loads what the project's sources name, for a path on the server is nobody's to give.

mod check_quality;
mod form;
mod list_assets;
mod list_runs;
mod query_sql;
mod show_lineage;
mod start_run;

use std::{path::PathBuf, sync::Arc};

use eventlog::EventLog;
use http_edge::Operation;
use jobs::Jobs;
use kernel::{Actor, Clock};
use lakehouse::{History, Lakehouse, LakehouseError, Resolver};

/// What the operations ask: one project, and where its runs are recorded.
#[derive(Clone)]
pub struct Served {
    /// Folder of the project.
    pub root: PathBuf,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Who decides which records are the same thing.
    pub resolver: Arc<dyn Resolver>,
    /// Facts.
    pub log: EventLog,
    /// The queue.
    pub jobs: Jobs,
}

impl Served {
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

    async fn open(&self) -> Result<Lakehouse, LakehouseError> {
        let (root, clock, resolver) = (self.root.clone(), Arc::clone(&self.clock), Arc::clone(&self.resolver));
        // Files are read, of which a project may have hundreds.
        tokio::task::spawn_blocking(move || Lakehouse::open(&root, clock, resolver))
            .await
            .unwrap_or(Err(LakehouseError::Stopped))
    }

    fn history(&self, actor: Actor) -> History {
        History { log: self.log.clone(), jobs: self.jobs.clone(), actor }
    }
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served").field("root", &self.root).finish_non_exhaustive()
    }
}
