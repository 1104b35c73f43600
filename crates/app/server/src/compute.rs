//! Threads for work that computes for long: statements of callers, and jobs.
//!
//! Invariant: requests, health and the sealing of events never wait for it. A runtime hands a thread over only where work gives way,
//! and an engine's step may not do so for seconds; the threads of this one take turns with the others' by the operating system.

use tokio::runtime::{Builder, Handle, Runtime};

use crate::failure::Failure;

/// A planner calls itself once for each step of a statement. Only what is used of it is memory.
const STACK_BYTES: usize = 16 << 20;

/// A runtime beside the one that serves. What still runs when it is dropped is left behind.
#[derive(Debug)]
pub(crate) struct Compute {
    /// Where to spawn.
    pub(crate) handle: Handle,
    runtime: Option<Runtime>,
}

impl Compute {
    /// As many threads as there are cores.
    pub(crate) fn start() -> Result<Self, Failure> {
        let started =
            Builder::new_multi_thread().thread_name("compute").thread_stack_size(STACK_BYTES).enable_all().build();
        let runtime = started.map_err(|source| Failure::Start { source: source.into() })?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }
}

impl Drop for Compute {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A runtime may not wait for its threads inside another one.
            runtime.shutdown_background();
        }
    }
}
