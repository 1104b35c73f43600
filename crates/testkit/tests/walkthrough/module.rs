//! What this context gives to the server.

use std::sync::Arc;

use eventlog::{EventLog, Projection};
use jobs::Handler;

use crate::{jobs::RemindReader, projections::Loans};

/// Read models that are written with the fact.
pub(crate) fn inline() -> Vec<Arc<dyn Projection>> {
    vec![Arc::new(Loans)]
}

/// Who does its jobs.
pub(crate) fn handlers(log: &EventLog) -> Vec<Arc<dyn Handler>> {
    vec![Arc::new(RemindReader { log: log.clone() })]
}
