//! What resolution gives to the server.

use std::sync::Arc;

use contracts::lakehouse::ReadAssets;
use modules::Module;
use sql::Migration;

use crate::jobs::{Evaluate, PerformRun};

const MIGRATIONS: &[Migration] = &[Migration {
    context: "resolution",
    number: 1,
    sql: include_str!("../migrations/0001_resolution.sql"),
    postgres: "",
    tenant_tables: &["resolution_results", "resolution_items"],
}];

/// Resolution over these assets, ready to mount.
#[must_use]
pub fn module(assets: &Arc<dyn ReadAssets>) -> Module {
    Module {
        name: "resolution",
        migrations: MIGRATIONS,
        handlers: vec![Arc::new(PerformRun(Arc::clone(assets))), Arc::new(Evaluate(Arc::clone(assets)))],
        ..Module::default()
    }
}
