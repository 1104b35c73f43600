//! Ctrl-C and SIGTERM: the first asks the work to stop at a safe point, the second leaves at once.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use indicatif::MultiProgress;
use kernel::Cancel;
use tokio::sync::Notify;

use terminal::exit::Ending;

use crate::failure::Failure;

/// What a signal tells. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Raised for good, for work that looks at it between its steps.
    pub cancel: Cancel,
    asked: Arc<Notify>,
    is_hushed: Arc<AtomicBool>,
}

impl Stop {
    /// Returns once somebody has asked to stop. For one waiter.
    pub async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Says nothing on standard error when asked: a server's log is read by programs.
    pub fn hush(&self) {
        self.is_hushed.store(true, Ordering::Relaxed);
    }
}

/// Listens for the rest of the process's life. To be called once.
pub fn listen(stop: Stop, bars: MultiProgress) -> Result<(), Failure> {
    let is_second = AtomicBool::new(false);
    let handler = move || {
        if is_second.swap(true, Ordering::Relaxed) {
            leave();
        }
        stop.cancel.cancel();
        stop.asked.notify_one();
        if !stop.is_hushed.load(Ordering::Relaxed) {
            bars.suspend(|| {
                let _told = writeln!(io::stderr(), "stopping after the current step; press again to leave now");
            });
        }
    };
    ctrlc::set_handler(handler).map_err(|source| Failure::Start { source: source.into() })
}

/// Leaves at once. Tables stay at their last commit, and locks go with the process.
#[expect(clippy::disallowed_methods, reason = "asked twice, the user does not want to wait for main to return")]
fn leave() -> ! {
    std::process::exit(Ending::Cancelled.number().into())
}
