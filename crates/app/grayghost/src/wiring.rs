//! What the product is made of: a plain list that one can read. A context is mounted by adding its line here.

use std::{path::Path, sync::Arc};

use eventlog::SqlKeyStore;
use jobs::Handler;
use kernel::SystemClock;
use modules::{Module, Parts};

use crate::{resolver::Resolution, scrub_keys::ScrubKeys};

/// The contexts.
fn modules(project: &Path) -> Vec<Module> {
    vec![lakehouse::module(project, Arc::new(SystemClock), Arc::new(Resolution))]
}

/// Everything that the contexts of a project give, and the tables of the spine. Those of the keys stand apart.
pub(crate) fn parts(project: &Path) -> Parts {
    Module::all(&modules(project))
}

/// Jobs of the server itself.
pub(crate) fn own_handlers(keys: &SqlKeyStore) -> Vec<Arc<dyn Handler>> {
    vec![Arc::new(ScrubKeys(keys.clone()))]
}
