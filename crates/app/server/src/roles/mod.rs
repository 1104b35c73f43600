//! The parts that a server process plays. One file per role, each one function that plays until it is asked to stop.

mod idle;
mod projector;
mod relay;
mod scheduler;
mod worker;

use std::{sync::Arc, time::Duration};

use config::{Config, Role};
use futures::{FutureExt, future::BoxFuture};
use tokio::{runtime::Handle, sync::watch};

use crate::backends::Backends;

/// How long a role waits after its backend failed.
const AGAIN: Duration = Duration::from_secs(1);

/// What every role is given. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    /// What the server stands on.
    pub(crate) backends: Backends,
    /// The settings.
    pub(crate) config: Arc<Config>,
    /// Threads for what computes for long.
    pub(crate) compute: Handle,
    /// True once the server is to stop.
    pub(crate) stop: watch::Receiver<bool>,
}

impl Stage {
    /// Returns once the server is to stop.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.clone();
        async move {
            // Fails only when the server is gone, which is a stop too.
            let _ = stop.wait_for(|is_asked| *is_asked).await;
        }
    }

    /// Whether the server is to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    fn shutdown_timeout(&self) -> Duration {
        Duration::from_millis(self.config.server.shutdown_timeout_ms)
    }
}

/// Plays a role until the server is to stop. Dropped or broken off by a panic, it can be played again.
pub(crate) fn play(role: Role, stage: Stage) -> BoxFuture<'static, ()> {
    match role {
        Role::Projector => projector::play(stage).boxed(),
        Role::Relay => relay::play(stage).boxed(),
        Role::Worker => worker::play(stage).boxed(),
        Role::Scheduler => scheduler::play(stage).boxed(),
        // Requests are served from the start: see `front`.
        Role::Gateway | Role::Api => stage.stopped().boxed(),
        Role::Realtime | Role::Executor => idle::play(role, stage).boxed(),
    }
}
