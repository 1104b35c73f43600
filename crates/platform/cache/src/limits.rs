//! How much somebody may do in a time: the port, and its buckets inside this process.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::{Clock, Timestamp};

use crate::{CacheError, Decision, Limit, gcra};

/// Token buckets by name. A name says who and for what, such as `login:203.0.113.7`; it may exist before any workspace
/// is known. All that share a name must use one limit.
#[async_trait::async_trait]
pub trait Limits: fmt::Debug + Send + Sync {
    /// Takes `cost` tokens, all or none, as [`gcra`] decides.
    ///
    /// # Errors
    /// [`CacheError::Unreachable`]. A refusal is no error but a decision.
    async fn take(&self, name: &str, limit: Limit, cost: u32) -> Result<Decision, CacheError>;

    /// Fills the bucket, as after a login that succeeded.
    ///
    /// # Errors
    /// [`CacheError::Unreachable`].
    async fn refill(&self, name: &str) -> Result<(), CacheError>;
}

/// Buckets of one process.
///
/// Bounded: a full bucket is forgotten without a loss. Where more are in use than there is room for, the one that would
/// be full soonest is filled early.
#[derive(Debug)]
pub struct MemoryLimits {
    clock: Arc<dyn Clock>,
    most: usize,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    by_name: HashMap<Arc<str>, Timestamp>,
    by_full_at: BTreeSet<(Timestamp, Arc<str>)>,
}

impl Buckets {
    fn remove(&mut self, name: &str) -> Option<(Arc<str>, Timestamp)> {
        let (name, full_at) = self.by_name.remove_entry(name)?;
        let place = (full_at, name);
        self.by_full_at.remove(&place);
        Some((place.1, full_at))
    }

    fn insert(&mut self, name: Arc<str>, full_at: Timestamp) {
        self.by_name.insert(Arc::clone(&name), full_at);
        self.by_full_at.insert((full_at, name));
    }

    /// Forgets the buckets that are full at `now`, and beyond `most` those that are next.
    fn forget(&mut self, now: Timestamp, most: usize) {
        while let Some((full_at, _)) = self.by_full_at.first()
            && (*full_at <= now || self.by_name.len() > most)
        {
            if let Some((_, name)) = self.by_full_at.pop_first() {
                self.by_name.remove(&name);
            }
        }
    }
}

impl MemoryLimits {
    /// Room for `most` buckets in use, at least one.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, most: usize) -> Self {
        Self { clock, most: most.max(1), buckets: Mutex::default() }
    }
}

#[async_trait::async_trait]
impl Limits for MemoryLimits {
    async fn take(&self, name: &str, limit: Limit, cost: u32) -> Result<Decision, CacheError> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that no bucket sees time run backwards.
        let now = self.clock.now();
        let (name, full_at) = buckets.remove(name).map_or_else(|| (name.into(), None), |(name, at)| (name, Some(at)));
        let outcome = gcra(full_at, now, limit, cost);
        buckets.insert(name, outcome.full_at);
        buckets.forget(now, self.most);
        Ok(outcome.decision)
    }

    async fn refill(&self, name: &str) -> Result<(), CacheError> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kernel::ManualClock;

    use super::*;

    fn limits(most: usize) -> (MemoryLimits, Arc<ManualClock>, Limit) {
        let clock = Arc::new(ManualClock::at(Timestamp(1)));
        (MemoryLimits::new(clock.clone(), most), clock, Limit::new(1, Duration::from_secs(1), 5).unwrap())
    }

    fn sizes(limits: &MemoryLimits) -> (usize, usize) {
        let buckets = limits.buckets.lock().unwrap();
        (buckets.by_name.len(), buckets.by_full_at.len())
    }

    #[tokio::test]
    async fn full_buckets_are_forgotten() {
        let (limits, clock, limit) = limits(1_000);
        for number in 0..100 {
            limits.take(&format!("name {number}"), limit, 1).await.unwrap();
        }
        assert_eq!(sizes(&limits), (100, 100));
        clock.advance_micros(1_000_000);
        limits.take("another", limit, 1).await.unwrap();
        assert_eq!(sizes(&limits), (1, 1));
        limits.refill("another").await.unwrap();
        assert_eq!(sizes(&limits), (0, 0));
    }

    #[tokio::test]
    async fn without_room_the_bucket_that_is_full_soonest_goes() {
        let (limits, _, limit) = limits(2);
        for (name, cost) in [("busy", 5), ("calm", 1), ("other", 2)] {
            limits.take(name, limit, cost).await.unwrap();
        }
        assert_eq!(sizes(&limits), (2, 2));
        let mut left = Vec::new();
        for name in ["busy", "other", "calm"] {
            left.push(limits.take(name, limit, 0).await.unwrap().remaining);
        }
        assert_eq!(left, [0, 3, 5]);
    }
}
