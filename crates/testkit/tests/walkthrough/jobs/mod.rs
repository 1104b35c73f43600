//! What this context does later. One file per kind of job.

mod remind_reader;

pub(crate) use remind_reader::{REMIND_READER, RemindReader};
