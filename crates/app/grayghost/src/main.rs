//! `grayghost`, the one binary.
//!
//! *Absent on purpose*: rules of the product. Verbs parse what was typed, ask the front door of a context, and lay out
//! the answer.

mod cli;
mod session;
mod summary;
mod telling;

use std::process::ExitCode;

use server::{accounts, backends, catalogue, failure, resolver, serve, settings, stop, wiring, workspace};
use terminal::{exit, figures, layout, pages, paint, progress, screen};

/// `DataFusion` loses a quarter of its time in the default allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    decline_huge_pages();
    cli::main()
}

/// The allocator asks for huge pages, and a run then holds a quarter to a half more memory: buffers of a few hundred KiB
/// come and go, and each takes whole pages of 2 MiB. Measured on the retail data by `MIMALLOC_ALLOW_THP`: 460 to 555 MB
/// with them, 370 MB without, for the same time.
#[cfg(target_os = "linux")]
fn decline_huge_pages() {
    #[expect(unsafe_code, reason = "no safe wrapper is among our dependencies; the call takes numbers only")]
    // SAFETY: PR_SET_THP_DISABLE takes a flag and three zeros and touches no memory of ours. Failure changes nothing.
    unsafe {
        libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0);
    }
}

#[cfg(not(target_os = "linux"))]
fn decline_huge_pages() {}
