//! What the product is made of: a plain list that one can read. A context is mounted by adding its line here.

use std::{path::Path, sync::Arc};

use kernel::{SystemClock, WorkspaceId};
use modules::{Module, Parts};

use crate::{failure::Failure, resolver::Resolution, workspace};

/// The contexts.
fn modules(project: &Path, workspace: WorkspaceId) -> Vec<Module> {
    vec![lakehouse::module(project, workspace, Arc::new(SystemClock), Arc::new(Resolution))]
}

/// Everything that the contexts of a project give, and the tables of the spine. Those of the keys stand apart.
///
/// # Errors
/// [`Failure::NoWorkspace`] when the project's workspace can be neither read nor made.
pub(crate) fn parts(project: &Path) -> Result<Parts, Failure> {
    Ok(Module::all(&modules(project, workspace::read_or_make(project)?)))
}
