//! Work of the lakehouse that is done as jobs.

mod perform_run;

pub(crate) use perform_run::{Asked, Here, KIND, PerformRun};
