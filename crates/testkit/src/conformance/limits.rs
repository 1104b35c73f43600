//! What every `cache::Limits` must do. The arithmetic itself is tested beside `cache::gcra`.

use std::{sync::Arc, time::Duration};

use ::cache::{Decision, Limit, Limits};
use anyhow::{Result, ensure};
use futures::future::try_join_all;
use kernel::WorkspaceId;

use super::timed::{TICK, Timed, each_rule};

/// One token comes back in this time.
const INTERVAL: Duration = TICK.saturating_mul(5);

/// Runs every rule on a port that `make` gives; each on a new one.
///
/// # Errors
/// The first rule that is broken, by its name.
pub async fn limits(make: impl AsyncFn() -> Timed<dyn Limits>) -> Result<()> {
    each_rule!(make;
        a_burst_is_given_and_then_nothing,
        tokens_come_back_when_announced,
        several_tokens_are_taken_all_or_none,
        names_have_buckets_of_their_own,
        a_refilled_bucket_is_full,
        callers_at_once_get_no_more_than_there_is,
    );
    Ok(())
}

fn limit(burst: u32) -> Result<Limit> {
    Ok(Limit::new(1, INTERVAL, burst)?)
}

/// A name that no other run on the same server uses.
fn name() -> String {
    format!("suite:{}", WorkspaceId::new())
}

async fn a_burst_is_given_and_then_nothing(limits: Timed<dyn Limits>) -> Result<()> {
    let (port, name, limit) = (&limits.port, name(), limit(3)?);
    for remaining in [2, 1, 0] {
        let decision = port.take(&name, limit, 1).await?;
        ensure!((decision.allowed, decision.remaining, decision.retry_after) == (true, remaining, None));
    }
    let Decision { allowed, remaining, retry_after, reset_after } = port.take(&name, limit, 1).await?;
    ensure!((allowed, remaining) == (false, 0));
    ensure!(retry_after.is_some_and(|time| !time.is_zero() && time <= INTERVAL), "{retry_after:?}");
    ensure!(reset_after > INTERVAL * 2 && reset_after <= INTERVAL * 3, "{reset_after:?}");
    Ok(())
}

async fn tokens_come_back_when_announced(limits: Timed<dyn Limits>) -> Result<()> {
    let (port, name, limit) = (&limits.port, name(), limit(2)?);
    port.take(&name, limit, 2).await?;
    let refused = port.take(&name, limit, 1).await?;
    limits.pass(refused.retry_after.unwrap_or_default()).await;
    ensure!(port.take(&name, limit, 1).await?.allowed);
    ensure!(!port.take(&name, limit, 1).await?.allowed, "one came back, not two");
    limits.pass(INTERVAL * 3).await;
    let look = port.take(&name, limit, 0).await?;
    ensure!((look.allowed, look.remaining, look.reset_after) == (true, 2, Duration::ZERO), "{look:?}");
    Ok(())
}

async fn several_tokens_are_taken_all_or_none(limits: Timed<dyn Limits>) -> Result<()> {
    let (port, name, limit) = (&limits.port, name(), limit(5)?);
    ensure!(port.take(&name, limit, 3).await?.remaining == 2);
    let refused = port.take(&name, limit, 3).await?;
    ensure!((refused.allowed, refused.remaining) == (false, 2), "a refusal takes nothing: {refused:?}");
    ensure!(port.take(&name, limit, 2).await?.allowed);
    let never = port.take(&name, limit, 6).await?;
    ensure!((never.allowed, never.retry_after) == (false, None), "{never:?}");
    Ok(())
}

async fn names_have_buckets_of_their_own(limits: Timed<dyn Limits>) -> Result<()> {
    let (port, limit) = (&limits.port, limit(1)?);
    ensure!(port.take(&name(), limit, 1).await?.allowed && port.take(&name(), limit, 1).await?.allowed);
    Ok(())
}

async fn a_refilled_bucket_is_full(limits: Timed<dyn Limits>) -> Result<()> {
    let (port, name, limit) = (&limits.port, name(), limit(2)?);
    port.take(&name, limit, 2).await?;
    port.refill(&name).await?;
    ensure!(port.take(&name, limit, 2).await?.allowed);
    Ok(())
}

async fn callers_at_once_get_no_more_than_there_is(limits: Timed<dyn Limits>) -> Result<()> {
    let (name, limit) = (Arc::<str>::from(name()), limit(10)?);
    let take = |_| {
        let (port, name) = (Arc::clone(&limits.port), Arc::clone(&name));
        tokio::spawn(async move { port.take(&name, limit, 1).await })
    };
    let decisions = try_join_all((0..64).map(take)).await?;
    let mut allowed = 0;
    for decision in decisions {
        allowed += u32::from(decision?.allowed);
    }
    ensure!(allowed == 10, "{allowed} of 10");
    Ok(())
}
