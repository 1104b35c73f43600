//! `relay`: facts to those who react to them.

use bus::{Settings, Subscriptions};

use super::Stage;

/// Any number of processes may play it: each subscriber runs in one of them.
pub(super) async fn play(stage: Stage) {
    let settings = Settings { grace: stage.shutdown_timeout(), ..Settings::default() };
    match Subscriptions::new(stage.backends.log.clone(), stage.backends.parts.subscribers.clone(), settings) {
        Ok(subscriptions) => subscriptions.run(stage.stopped()).await,
        Err(error) => {
            tracing::error!(error = %error, "no fact reaches its subscribers: {error}");
            stage.stopped().await;
        }
    }
}
