//! Keeps every role playing: one that panics or ends is started again, with a line in the log and a figure.

use std::{future::Future, time::Duration};

use futures::future::BoxFuture;
use tokio::task::JoinSet;

use crate::roles::{self, Stage};

/// How long a role rests before it is played again: a fault that stays shall not fill the log.
const REST: Duration = Duration::from_secs(1);
/// Counts how often a role was played again.
pub(super) const RESTARTS: &str = "grayghost_server_role_restarts_total";

/// Plays all roles of the settings.
pub(super) fn start(stage: &Stage) -> JoinSet<()> {
    let mut parts = JoinSet::new();
    for role in stage.config.server.roles.iter().copied() {
        metrics::counter!(RESTARTS, "role" => role.word()).absolute(0);
        let (stage, stopping) = (stage.clone(), stage.clone());
        let play = move || roles::play(role, stage.clone());
        parts.spawn(
            async move { keep(role.word(), play, (&|| stopping.is_stopping(), stopping.stopped()), REST).await },
        );
    }
    parts
}

/// Plays until it ends while the server is stopping, with a rest before each turn but the first.
async fn keep(
    name: &'static str,
    play: impl Fn() -> BoxFuture<'static, ()>,
    (is_stopping, stopped): (&(dyn Fn() -> bool + Sync), impl Future<Output = ()>),
    rest: Duration,
) {
    let mut stopped = std::pin::pin!(stopped);
    loop {
        // A set of one: dropped, it takes its role along.
        let mut playing = JoinSet::from_iter([play()]);
        let ended = playing.join_next().await;
        if is_stopping() {
            return;
        }
        metrics::counter!(RESTARTS, "role" => name).increment(1);
        if let Some(Err(error)) = ended {
            tracing::error!(role = name, error = %error, "the role {name} panicked and is started again: {error}");
        } else {
            tracing::error!(role = name, "the role {name} ended and is started again");
        }
        tokio::select! {
            () = &mut stopped => return,
            () = tokio::time::sleep(rest) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use futures::FutureExt;
    use telemetry::Metrics;
    use tokio::sync::watch;

    use super::*;

    const SHORT: Duration = Duration::from_millis(2);

    /// A role that panics, ends, and then plays until it is asked to stop.
    #[tokio::test]
    async fn a_role_that_panics_or_ends_is_played_again_until_the_server_stops() {
        let (metrics, recorder) = Metrics::apart(10).expect("figures");
        let _guard = metrics::set_default_local_recorder(&recorder);
        let (ask, asked) = watch::channel(false);
        let played = Arc::new(AtomicUsize::new(0));
        let stopped = |mut asked: watch::Receiver<bool>| async move {
            let _ = asked.wait_for(|is_asked| *is_asked).await;
        };
        let play = {
            let (played, asked) = (Arc::clone(&played), asked.clone());
            move || {
                let (turn, asked) = (played.fetch_add(1, Ordering::Relaxed), asked.clone());
                async move {
                    assert_ne!(turn, 0, "the first time it panics");
                    if turn > 1 {
                        stopped(asked).await;
                    }
                }
                .boxed()
            }
        };
        let is_stopping = || *asked.borrow();
        let kept = keep("toy", play, (&is_stopping, stopped(asked.clone())), SHORT);
        let asking = async {
            while played.load(Ordering::Relaxed) < 3 {
                tokio::time::sleep(SHORT).await;
            }
            // Long enough for a turn that nobody asked for.
            tokio::time::sleep(SHORT * 20).await;
            ask.send_replace(true);
        };
        tokio::join!(kept, asking);
        assert_eq!(played.load(Ordering::Relaxed), 3);
        let figures = metrics.render();
        assert!(figures.contains("grayghost_server_role_restarts_total{role=\"toy\"} 2"), "{figures}");
    }

    #[tokio::test]
    async fn a_role_that_panics_while_the_server_stops_is_left_alone() {
        let played = AtomicUsize::new(0);
        let play = || {
            played.fetch_add(1, Ordering::Relaxed);
            async { panic!("on its way out") }.boxed()
        };
        keep("toy", play, (&|| true, std::future::pending()), SHORT).await;
        assert_eq!(played.load(Ordering::Relaxed), 1);
    }
}
