//! What every `cache::Locks` must do.

use std::{sync::Arc, time::Duration};

use ::cache::{CacheError, Guard, Locks};
use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use kernel::WorkspaceId;

use super::timed::{TICK, Timed, each_rule};

const LEASE: Duration = TICK.saturating_mul(2);

/// Runs every rule on a port that `make` gives; each on a new one.
///
/// # Errors
/// The first rule that is broken, by its name.
pub async fn locks(make: impl AsyncFn() -> Timed<dyn Locks>) -> Result<()> {
    each_rule!(make;
        one_holds_a_name_until_it_is_released,
        a_lease_ends_by_itself,
        a_renewed_lease_lasts_from_then_on,
        an_ended_lease_cannot_be_renewed_or_released,
        a_late_holder_leaves_the_next_one_alone,
        tokens_grow_by_release_and_by_expiry,
        of_callers_at_once_one_holds,
    );
    Ok(())
}

/// A name that no other run on the same server uses.
fn name() -> String {
    format!("suite:{}", WorkspaceId::new())
}

async fn take(locks: &Timed<dyn Locks>, name: &str) -> Result<Guard> {
    locks.port.acquire(name, LEASE).await?.context("somebody holds it")
}

fn is_lost(result: &Result<(), CacheError>) -> bool {
    matches!(result, Err(CacheError::LockLost { .. }))
}

async fn one_holds_a_name_until_it_is_released(locks: Timed<dyn Locks>) -> Result<()> {
    let (port, name, other) = (&locks.port, name(), self::name());
    let guard = take(&locks, &name).await?;
    ensure!(**guard.name() == *name);
    ensure!(port.acquire(&name, LEASE).await?.is_none());
    ensure!(port.acquire(&other, LEASE).await?.is_some(), "another name");
    port.release(guard).await?;
    ensure!(port.acquire(&name, LEASE).await?.is_some());
    Ok(())
}

async fn a_lease_ends_by_itself(locks: Timed<dyn Locks>) -> Result<()> {
    let name = name();
    take(&locks, &name).await?;
    locks.pass(LEASE / 2).await;
    ensure!(locks.port.acquire(&name, LEASE).await?.is_none());
    locks.pass(LEASE / 2).await;
    ensure!(locks.port.acquire(&name, LEASE).await?.is_some());
    Ok(())
}

async fn a_renewed_lease_lasts_from_then_on(locks: Timed<dyn Locks>) -> Result<()> {
    let name = name();
    let mut guard = take(&locks, &name).await?;
    let (token, ended) = (guard.token(), guard.expires_at());
    locks.pass(LEASE / 2).await;
    locks.port.renew(&mut guard, LEASE).await?;
    ensure!(guard.token() == token && guard.expires_at() > ended);
    locks.pass(LEASE * 3 / 4).await;
    ensure!(locks.port.acquire(&name, LEASE).await?.is_none(), "the first lease is over, the second is not");
    locks.pass(LEASE / 4).await;
    ensure!(locks.port.acquire(&name, LEASE).await?.is_some());
    Ok(())
}

async fn an_ended_lease_cannot_be_renewed_or_released(locks: Timed<dyn Locks>) -> Result<()> {
    let mut guard = take(&locks, &name()).await?;
    locks.pass(LEASE).await;
    ensure!(is_lost(&locks.port.renew(&mut guard, LEASE).await), "nobody took it since, and still");
    ensure!(is_lost(&locks.port.release(guard).await));
    Ok(())
}

async fn a_late_holder_leaves_the_next_one_alone(locks: Timed<dyn Locks>) -> Result<()> {
    let name = name();
    let mut late = take(&locks, &name).await?;
    locks.pass(LEASE).await;
    let mut next = take(&locks, &name).await?;
    ensure!(is_lost(&locks.port.renew(&mut late, LEASE).await));
    ensure!(is_lost(&locks.port.release(late).await));
    ensure!(locks.port.acquire(&name, LEASE).await?.is_none(), "the next one still holds it");
    locks.port.renew(&mut next, LEASE).await?;
    locks.port.release(next).await?;
    Ok(())
}

async fn tokens_grow_by_release_and_by_expiry(locks: Timed<dyn Locks>) -> Result<()> {
    let name = name();
    let mut last = 0;
    for round in 0..6 {
        let guard = take(&locks, &name).await?;
        ensure!(guard.token() > last, "{} after {last} in round {round}", guard.token());
        last = guard.token();
        if round % 2 == 0 {
            locks.port.release(guard).await?;
        } else {
            locks.pass(LEASE).await;
        }
    }
    Ok(())
}

async fn of_callers_at_once_one_holds(locks: Timed<dyn Locks>) -> Result<()> {
    let name: Arc<str> = name().into();
    let acquire = |_| {
        let (port, name) = (Arc::clone(&locks.port), Arc::clone(&name));
        tokio::spawn(async move { port.acquire(&name, LEASE).await })
    };
    let mut held = 0;
    for guard in try_join_all((0..64).map(acquire)).await? {
        held += u32::from(guard?.is_some());
    }
    ensure!(held == 1, "{held} hold it");
    Ok(())
}
