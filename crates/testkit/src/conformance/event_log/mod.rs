//! What every event log must do, on every database.

mod changing;
mod projecting;
mod reading;
mod rebuilding;
mod sealing;
mod telling;
#[doc(hidden)]
pub mod toy;

use anyhow::Result;

use super::rules::{Rule, all};
use crate::Place;

/// Runs every rule, each on a new database that `make` gives.
///
/// # Errors
/// Names the rules that are broken; what was found is said as each of them fails.
pub async fn event_log(make: impl AsyncFn() -> Place) -> Result<()> {
    const RULES: &[&[Rule]] =
        &[changing::RULES, reading::RULES, sealing::RULES, projecting::RULES, rebuilding::RULES, telling::RULES];
    all(RULES, make).await
}
