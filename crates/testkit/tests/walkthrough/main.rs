//! The worked example of CONTRIBUTING.md, "How to add a use case": a context in small, laid out as one below
//! `crates/contexts`. This file stands for its `lib.rs`, and `contracts.rs` for a file of `crates/contracts`.
//!
//! Invariant: every piece of Rust in CONTRIBUTING.md stands in these files word for word; a test compares them.

mod commands;
mod contracts;
mod document;
mod domain;
mod error;
mod jobs;
mod module;
mod projections;
mod queries;
mod through_the_door;

use ::jobs::Jobs;
use eventlog::EventLog;

pub(crate) use commands::LendBook;
pub(crate) use contracts::{BookId, LibraryFact};
pub(crate) use error::LibraryError;

/// The front door: one method for each command and each query.
#[derive(Clone)]
pub(crate) struct Library {
    log: EventLog,
    jobs: Jobs,
}

/// Stands for the variants that `cargo xtask new` adds to the one list of the kernel, which knows no library.
struct Permission;

#[expect(non_upper_case_globals, reason = "they are variants in the kernel")]
impl Permission {
    const LibraryLend: kernel::Permission = kernel::Permission::LakehouseRun;
    const LibraryRead: kernel::Permission = kernel::Permission::LakehouseRead;
}
