//! `worker`: does the jobs of every kind that has a handler here, on threads of their own.

use std::{num::NonZero, panic::resume_unwind, thread, time::Duration};

use jobs::{Settings, Worker};
use tokio::task::JoinSet;

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
    let worker = Worker::new(stage.backends.jobs.clone(), handlers, settings);
    let stopped = stage.stopped();
    // A set: dropped, it takes the worker along.
    let mut playing = JoinSet::new();
    playing.spawn_on(async move { worker.run(stopped).await }, &stage.compute);
    if let Some(Err(error)) = playing.join_next().await
        && let Ok(panic) = error.try_into_panic()
    {
        resume_unwind(panic);
    }
}
