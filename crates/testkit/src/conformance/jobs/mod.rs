//! What every queue of jobs must do, on every database.

mod enqueuing;
mod leasing;
mod managing;
mod running;
#[doc(hidden)]
pub mod shop;

use anyhow::Result;

use super::rules::{Rule, all};
use crate::Place;

/// Runs every rule, each on a new database that `make` gives.
///
/// # Errors
/// Names the rules that are broken; what was found is said as each of them fails.
pub async fn jobs(make: impl AsyncFn() -> Place) -> Result<()> {
    const RULES: &[&[Rule]] = &[enqueuing::RULES, leasing::RULES, running::RULES, managing::RULES];
    all(RULES, make).await
}
