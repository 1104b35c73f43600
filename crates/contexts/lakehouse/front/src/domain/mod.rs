//! What may happen to a run.

mod run;

pub(crate) use run::{Run, RunEvent};
