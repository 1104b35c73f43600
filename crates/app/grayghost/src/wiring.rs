//! What the server is made of: plain lists that one can read. A context is mounted by adding its entries here.

use std::sync::Arc;

use bus::Subscriber;
use eventlog::{Projection, SqlKeyStore};
use jobs::Handler;
use sql::Migration;

use crate::scrub_keys::ScrubKeys;

/// The tables of the database, in the order in which they are made. Those of the keys stand apart.
pub(crate) fn migrations() -> Vec<Migration> {
    [eventlog::MIGRATIONS, jobs::MIGRATIONS, bus::MIGRATIONS].concat()
}

/// Read models that are written in the transaction of the fact.
pub(crate) fn inline() -> Vec<Arc<dyn Projection>> {
    Vec::new()
}

/// Read models that follow the log.
pub(crate) fn followers() -> Vec<Arc<dyn Projection>> {
    Vec::new()
}

/// Who reacts to facts.
pub(crate) fn subscribers() -> Vec<Arc<dyn Subscriber>> {
    Vec::new()
}

/// Who does the jobs.
pub(crate) fn handlers(keys: &SqlKeyStore) -> Vec<Arc<dyn Handler>> {
    vec![Arc::new(ScrubKeys(keys.clone()))]
}
