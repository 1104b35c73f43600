//! `projector`: seals events, and keeps the read models that follow the log.

use eventlog::Projector;

use super::{AGAIN, Stage};

/// Any number of processes may play it: one seals at a time, and each cursor is locked while it moves.
pub(super) async fn play(stage: Stage) {
    let log = stage.backends.log.clone();
    let projector = Projector::new(log.clone(), stage.backends.parts.followers.clone());
    let follow = async {
        // A read model that cannot be made ready keeps nobody from sealing.
        while let Err(error) = projector.prepare().await {
            tracing::error!(error = %error, "could not make the read models ready, will try again: {error}");
            tokio::time::sleep(AGAIN).await;
        }
        projector.follow().await;
    };
    tokio::select! {
        () = log.keep_sealing() => {}
        () = follow => {}
        () = stage.stopped() => {}
    }
}
