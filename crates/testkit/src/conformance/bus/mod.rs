//! What subscriptions and dead letters must do, on every database.

mod flow;
mod letters;
mod once;
mod retries;
#[doc(hidden)]
pub mod toy;

use anyhow::Result;

use super::rules::{Rule, all};
use crate::Place;

/// Runs every rule, each on a new database that `make` gives.
///
/// # Errors
/// Names the rules that are broken; what was found is said as each of them fails.
pub async fn bus(make: impl AsyncFn() -> Place) -> Result<()> {
    const RULES: &[&[Rule]] = &[flow::RULES, retries::RULES, letters::RULES, once::RULES];
    all(RULES, make).await
}
