//! `grayghost`, the one binary.
//!
//! *Absent on purpose*: rules of the product. Verbs parse what was typed, ask the front door of a context, and lay out
//! the answer.

mod cli;
mod exit;
mod failure;
mod figures;
mod layout;
mod pages;
mod paint;
mod progress;
mod screen;
mod session;
mod stop;
mod summary;

use std::process::ExitCode;

/// `DataFusion` loses a quarter of its time in the default allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
