//! The lakehouse's front door: one project, and what one can ask of it.
//!
//! Every long method returns a boxed future, so that the engine's async code is compiled here and not in the binary.

mod domain;
mod error;
mod history;
mod init;
mod jobs;
mod lock;
mod module;
mod openlineage;
mod outcome;
mod projections;
mod queries;
pub mod report;
mod request;
mod run;
mod verdicts;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub use error::LakehouseError;
pub use history::History;
pub use init::init_project;
use kernel::{Cancel, Clock};
pub use lakehouse_engine::{Grouping, QueryLimits, Records, Refusal, Resolver};
use lakehouse_engine::{Lake, Work};
use lakehouse_model::Project;
pub use module::module;
pub use outcome::{
    AssetResult, AssetState, CheckCounts, CheckResult, Fault, FileResult, FileState, Reconciliation, RunState,
    RunSummary,
};
pub use queries::RunOrder;
pub use request::{
    AssetInfo, ColumnEdge, Finding, LineageStep, LineageView, Listener, QueryRows, RunProgress, RunRequest,
};

/// Folder of a project that the product writes to.
const STATE_FOLDER: &str = ".grayghost";

/// One project, open. Clones share it.
#[derive(Debug, Clone)]
pub struct Lakehouse {
    project: Arc<Project>,
    lake: Arc<Lake>,
    clock: Arc<dyn Clock>,
    cores: usize,
}

impl Lakehouse {
    /// Opens the project in `root`; `resolver` decides which records are the same thing where a model asks that.
    ///
    /// # Errors
    /// [`LakehouseError::Model`] with file and line when its text is wrong.
    pub fn open(root: &Path, clock: Arc<dyn Clock>, resolver: Arc<dyn Resolver>) -> Result<Self, LakehouseError> {
        let project = Project::load(root)?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let folder = root.join(STATE_FOLDER).join("lake");
        let lake = Lake::new(folder, project.settings.lake.clone(), cores, resolver);
        Ok(Self { project: Arc::new(project), lake: Arc::new(lake), clock, cores })
    }

    /// Name of the project.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.project.settings.project.name
    }

    fn id(&self) -> kernel::ProjectId {
        self.project.settings.project.id
    }

    fn state_folder(&self) -> PathBuf {
        self.project.root.join(STATE_FOLDER)
    }

    /// Work that nobody watches.
    fn quiet_work(&self, cancel: Cancel) -> Work {
        Work { now: self.clock.now(), cancel, progress: Arc::new(|_, _| {}) }
    }
}
