//! What the lakehouse gives to the server.

use std::{path::Path, sync::Arc};

use kernel::{Clock, WorkspaceId};
use lakehouse_engine::Resolver;
use modules::Module;

use crate::{jobs::PerformRun, projections::RunHistory};

/// The lakehouse of the project in `root`, which belongs to `workspace`, ready to mount. The project is read anew for each run, so that a change of its
/// models needs no new start.
#[must_use]
pub fn module(root: &Path, workspace: WorkspaceId, clock: Arc<dyn Clock>, resolver: Arc<dyn Resolver>) -> Module {
    Module {
        name: "lakehouse",
        inline: vec![Arc::new(RunHistory)],
        handlers: vec![Arc::new(PerformRun { root: root.to_owned(), workspace, clock, resolver })],
        ..Module::default()
    }
}
