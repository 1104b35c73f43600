//! `scheduler`: what is due by the clock, and forgetting what has ended long ago.
//!
//! Workers do both on the way. The role is for processes without them, and so that what is due does not wait for a worker
//! that is busy. A moment of a schedule has one leader, whoever plays: see `jobs::Jobs::tick`.

use std::time::Duration;

use jobs::{JobError, Jobs, Keep};

use super::{AGAIN, Stage};

/// Looks between two passes of retention.
const FORGET_EVERY: u32 = 60;

/// Looks every second.
pub(super) async fn play(stage: Stage) {
    let look = async {
        let (jobs, mut looks, mut wait) = (&stage.backends.jobs, 0, AGAIN);
        loop {
            match pass(jobs, looks % FORGET_EVERY == 0).await {
                Ok(()) => (looks, wait) = (looks + 1, AGAIN),
                Err(error) => {
                    tracing::warn!(error = %error, "could not look what is due, will try again: {error}");
                    wait = (wait * 2).min(Duration::from_secs(30));
                }
            }
            tokio::time::sleep(wait).await;
        }
    };
    tokio::select! {
        () = look => {}
        () = stage.stopped() => {}
    }
}

async fn pass(jobs: &Jobs, is_forgetting: bool) -> Result<(), JobError> {
    jobs.tick().await?;
    if is_forgetting {
        jobs.forget(Keep::default()).await?;
    }
    Ok(())
}
