//! Roles that this version knows by name and that have nothing to do yet.

use config::Role;

use super::Stage;

/// Says so and waits.
pub(super) async fn play(role: Role, stage: Stage) {
    let word = role.word();
    tracing::info!(role = word, "the role {word} has nothing to do in this version");
    stage.stopped().await;
}
