//! What the product is made of: a plain list that one can read. A context is mounted by adding its line here.

use std::{path::Path, sync::Arc};

use kernel::SystemClock;
use modules::{Module, Parts};

use crate::resolver::Resolution;

/// The contexts.
fn modules(project: &Path) -> Vec<Module> {
    vec![lakehouse::module(project, Arc::new(SystemClock), Arc::new(Resolution))]
}

/// Everything that the contexts of a project give, and the tables of the spine. Those of the keys stand apart.
pub(crate) fn parts(project: &Path) -> Parts {
    Module::all(&modules(project))
}
