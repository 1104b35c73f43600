//! One Delta table: its live files, its commits, and what the log says of batches.
//!
//! Invariants: a commit is one log entry written with put-if-absent, so that it is whole or absent; data files
//! are written before it and are invisible until then; what a batch was is a `txn` action in the very commit
//! that adds its rows. The delta-rs library reads and writes the protocol; the file list is kept in memory
//! between commits, because replaying the log for each of hundreds of commits costs more than the commits.

mod file;
mod log;
mod maintain;
mod table;
mod write;

pub use file::DataFile;
pub(crate) use table::Commit;
pub use table::LakeTable;
pub(crate) use write::{FileWriter, WriteOptions};
