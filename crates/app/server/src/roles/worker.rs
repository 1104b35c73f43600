//! `worker`: does the jobs of every kind that has a handler here.

use std::{num::NonZero, thread, time::Duration};

use jobs::{Settings, Worker};

use super::Stage;

/// Any number of processes may play it. At a stop it begins nothing more, waits for what runs, and gives the rest back.
pub(super) async fn play(stage: Stage) {
    let jobs = &stage.config.jobs;
    let cores = || thread::available_parallelism().map_or(1, NonZero::get);
    let slots = if jobs.workers == 0 { cores() } else { jobs.workers as usize };
    let settings = Settings {
        slots: u16::try_from(slots).unwrap_or(u16::MAX),
        poll: Duration::from_millis(jobs.poll_ms),
        lease: Duration::from_millis(jobs.lease_ms),
        stop_after: stage.shutdown_timeout(),
        ..Settings::default()
    };
    let handlers = stage.backends.parts.handlers.clone();
    Worker::new(stage.backends.jobs.clone(), handlers, settings).run(stage.stopped()).await;
}
