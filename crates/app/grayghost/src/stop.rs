//! Ctrl-C and SIGTERM: the first asks the work to stop at a safe point, the second leaves at once.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use indicatif::MultiProgress;
use kernel::Cancel;

use crate::{exit::Ending, failure::Failure};

/// Listens for the rest of the process's life. To be called once.
pub(crate) fn listen(cancel: Cancel, bars: MultiProgress) -> Result<(), Failure> {
    let asked = AtomicBool::new(false);
    let handler = move || {
        if asked.swap(true, Ordering::Relaxed) {
            leave();
        }
        cancel.cancel();
        bars.suspend(|| {
            let _told = writeln!(io::stderr(), "stopping after the current step; press again to leave now");
        });
    };
    ctrlc::set_handler(handler).map_err(|source| Failure::Start { source: source.into() })
}

/// Leaves at once. Tables stay at their last commit, and locks go with the process.
#[expect(clippy::disallowed_methods, reason = "asked twice, the user does not want to wait for main to return")]
fn leave() -> ! {
    std::process::exit(Ending::Cancelled.number().into())
}
