//! Who holds a name: the port, and its locks inside this process.
//!
//! A lease ends by itself, so a holder that sleeps too long works on without the lock. That is what the token is for:
//! whoever stores the work keeps the largest token it has seen and refuses smaller ones. Source: M. Kleppmann, "How to
//! do distributed locking", 2016.
//!
//! Absent on purpose: waiting for a lock. Who needs that retries with its own limit.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kernel::{Clock, Timestamp};

use crate::{CacheError, gcra::micros};

/// Proof of a lock, until it expires. Dropping it releases nothing: the lease ends by itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Guard {
    name: Arc<str>,
    token: u64,
    expires_at: Timestamp,
}

impl Guard {
    /// For implementations of [`Locks`].
    #[must_use]
    pub fn new(name: Arc<str>, token: u64, expires_at: Timestamp) -> Self {
        Self { name, token, expires_at }
    }

    /// What is held.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Larger than every token given for this name before, also by leases that expired.
    #[must_use]
    pub fn token(&self) -> u64 {
        self.token
    }

    /// The first moment at which it is no longer held.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// Locks by name, with leases and fencing tokens.
#[async_trait::async_trait]
pub trait Locks: fmt::Debug + Send + Sync {
    /// Takes the lock for `lease`; `None` while somebody holds it.
    ///
    /// # Errors
    /// [`CacheError::TooManyLocks`], [`CacheError::Unreachable`].
    async fn acquire(&self, name: &str, lease: Duration) -> Result<Option<Guard>, CacheError>;

    /// Holds it for `lease` from now on, with the same token.
    ///
    /// # Errors
    /// [`CacheError::LockLost`] where the lease has ended, also when nobody else took the lock since;
    /// [`CacheError::Unreachable`].
    async fn renew(&self, guard: &mut Guard, lease: Duration) -> Result<(), CacheError>;

    /// Gives it back.
    ///
    /// # Errors
    /// [`CacheError::LockLost`] where the lease had ended: the work was not protected to its end. The lock of a later holder
    /// stays. [`CacheError::Unreachable`].
    async fn release(&self, guard: Guard) -> Result<(), CacheError>;
}

/// Locks of one process.
///
/// Tokens are microseconds of the clock, or one more than the last: they grow over a restart too, unless the clock was put
/// back. Bounded by the number of locks held at once.
#[derive(Debug)]
pub struct MemoryLocks {
    clock: Arc<dyn Clock>,
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last_token: u64,
    held: HashMap<Arc<str>, Holder>,
}

#[derive(Debug)]
struct Holder {
    token: u64,
    expires_at: Timestamp,
}

impl State {
    /// The holder that `guard` speaks for, if its lease has not ended.
    fn holder(&mut self, guard: &Guard, now: Timestamp) -> Result<&mut Holder, CacheError> {
        let holder =
            self.held.get_mut(&guard.name).filter(|holder| holder.token == guard.token && now < holder.expires_at);
        holder.ok_or_else(|| CacheError::LockLost { name: Arc::clone(&guard.name) })
    }
}

impl MemoryLocks {
    /// Room for `most` locks held at once.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, most: usize) -> Self {
        Self { clock, most, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn after(now: Timestamp, lease: Duration) -> Timestamp {
    Timestamp(now.0.saturating_add(micros(lease)))
}

#[async_trait::async_trait]
impl Locks for MemoryLocks {
    async fn acquire(&self, name: &str, lease: Duration) -> Result<Option<Guard>, CacheError> {
        let (mut state, now) = (self.state(), self.clock.now());
        if state.held.get(name).is_some_and(|holder| now < holder.expires_at) {
            return Ok(None);
        }
        state.held.remove(name);
        if state.held.len() >= self.most {
            state.held.retain(|_, holder| now < holder.expires_at);
        }
        let (name, held): (Arc<str>, _) = (name.into(), state.held.len());
        if held >= self.most {
            return Err(CacheError::TooManyLocks { name, held });
        }
        let token = u64::try_from(now.0).unwrap_or(0).max(state.last_token + 1);
        let expires_at = after(now, lease);
        state.last_token = token;
        state.held.insert(Arc::clone(&name), Holder { token, expires_at });
        Ok(Some(Guard { name, token, expires_at }))
    }

    async fn renew(&self, guard: &mut Guard, lease: Duration) -> Result<(), CacheError> {
        let (mut state, now) = (self.state(), self.clock.now());
        let holder = state.holder(guard, now)?;
        holder.expires_at = after(now, lease);
        guard.expires_at = holder.expires_at;
        Ok(())
    }

    async fn release(&self, guard: Guard) -> Result<(), CacheError> {
        let (mut state, now) = (self.state(), self.clock.now());
        state.holder(&guard, now)?;
        state.held.remove(&guard.name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kernel::ManualClock;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn tokens_grow_over_a_restart() {
        let clock = Arc::new(ManualClock::at(Timestamp(1_000_000)));
        let before = MemoryLocks::new(clock.clone(), 10).acquire("job", SECOND).await.unwrap().unwrap();
        clock.advance_micros(1);
        let after = MemoryLocks::new(clock, 10).acquire("job", SECOND).await.unwrap().unwrap();
        assert!(after.token() > before.token());
    }

    #[tokio::test]
    async fn expired_locks_make_room_and_held_ones_do_not() {
        let clock = Arc::new(ManualClock::at(Timestamp(1)));
        let locks = MemoryLocks::new(clock.clone(), 2);
        assert!(locks.acquire("a", SECOND).await.unwrap().is_some());
        assert!(locks.acquire("b", SECOND * 2).await.unwrap().is_some());
        let refusal = locks.acquire("c", SECOND).await.unwrap_err();
        assert_eq!(refusal.to_string(), "could not take the lock `c`: 2 locks are held");
        clock.advance_micros(1_000_000);
        assert!(locks.acquire("c", SECOND).await.unwrap().is_some());
        assert!(locks.acquire("d", SECOND).await.is_err());
    }
}
