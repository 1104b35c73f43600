//! Read models of the lakehouse's facts.

mod run_history;

pub(crate) use run_history::RunHistory;
