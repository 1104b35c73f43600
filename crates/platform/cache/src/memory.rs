//! The cache inside this process.
//!
//! Invariants: an entry's age is judged by our own clock, and its facts by `marks`, on every read, so that nothing depends
//! on when the map evicts; an entry is stored before its flight leaves the board, so that no second load slips between.
//! The lock of the board is taken before the map and never held across an await.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use kernel::{Clock, Timestamp, WorkspaceId};
use tokio::{sync::watch, time::timeout};

use crate::{
    Cache, CacheError, Keep, Key, Load, Loaded, Lookup, Tag,
    flight::{FlightId, Flights, Landed, Leaving, Receiver, Sender, landing},
    gcra::micros,
    marks::{Marks, Moment},
};

/// What a cache may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheBounds {
    /// Of all entries with their names and tags; the least used go first.
    pub bytes: u64,
    /// How many tags are remembered as invalidated; beyond, older entries are loaded again.
    pub tags: usize,
    /// How long a load may take.
    pub load_timeout: Duration,
}

impl Default for CacheBounds {
    fn default() -> Self {
        Self { bytes: 64 << 20, tags: 100_000, load_timeout: Duration::from_secs(30) }
    }
}

/// Entries of one process. Clones share them. Needs a tokio runtime, which drives the loads.
#[derive(Debug, Clone)]
pub struct MemoryCache(Arc<Shared>);

impl MemoryCache {
    /// An empty cache.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, bounds: CacheBounds) -> Self {
        let entries = moka::sync::Cache::builder().max_capacity(bounds.bytes).weigher(weight).build();
        let (marks, flights) = (Marks::new(bounds.tags), Flights::default());
        Self(Arc::new(Shared { clock, entries, marks, flights, load_timeout: bounds.load_timeout }))
    }
}

#[async_trait::async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &Key) -> Result<Lookup, CacheError> {
        Ok(self.0.known(key))
    }

    async fn get_or_load(&self, key: &Key, keep: Keep, load: Load) -> Result<Option<Bytes>, CacheError> {
        let arrived = self.0.marks.now();
        let mut load = Some(load);
        // At most two rounds: a flight that began before this call may be outdated for it, the next one is not.
        loop {
            let receiver = match self.0.board(key, keep, &mut load)? {
                Boarded::Known(value) => return Ok(value),
                Boarded::Flight(receiver) => receiver,
            };
            let Landed { begun, outcome } = landing(receiver, key).await?;
            let loaded = outcome?;
            if begun >= arrived || self.0.marks.is_fresh(key.workspace(), &loaded.tags, begun) {
                return Ok(loaded.value);
            }
        }
    }

    async fn remove(&self, key: &Key) -> Result<(), CacheError> {
        let mut board = self.0.flights.board();
        board.detach(key);
        self.0.entries.invalidate(key);
        Ok(())
    }

    async fn invalidate(&self, workspace: WorkspaceId, tag: &Tag) -> Result<(), CacheError> {
        self.0.marks.invalidate(workspace, tag);
        Ok(())
    }
}

#[derive(Debug)]
struct Shared {
    clock: Arc<dyn Clock>,
    entries: moka::sync::Cache<Key, Arc<Entry>>,
    marks: Marks,
    flights: Flights,
    load_timeout: Duration,
}

#[derive(Debug)]
struct Entry {
    loaded: Loaded,
    begun: Moment,
    expires_at: Timestamp,
}

enum Boarded {
    Known(Option<Bytes>),
    Flight(Receiver),
}

/// One load on its way.
struct Flight {
    key: Key,
    id: FlightId,
    begun: Moment,
    keep: Keep,
}

impl Shared {
    fn known(&self, key: &Key) -> Lookup {
        let Some(entry) = self.entries.get(key) else { return Lookup::Unknown };
        let fresh = self.clock.now() < entry.expires_at
            && self.marks.is_fresh(key.workspace(), &entry.loaded.tags, entry.begun);
        match &entry.loaded.value {
            _ if !fresh => Lookup::Unknown,
            Some(value) => Lookup::Present(value.clone()),
            None => Lookup::Absent,
        }
    }

    /// What is known, as the end of a call; `None` where nothing is.
    fn answer(&self, key: &Key) -> Option<Boarded> {
        match self.known(key) {
            Lookup::Present(value) => Some(Boarded::Known(Some(value))),
            Lookup::Absent => Some(Boarded::Known(None)),
            Lookup::Unknown => None,
        }
    }

    /// Gives what is known, else joins the flight that runs, else begins one with `load`.
    fn board(self: &Arc<Self>, key: &Key, keep: Keep, load: &mut Option<Load>) -> Result<Boarded, CacheError> {
        if let Some(known) = self.answer(key) {
            return Ok(known);
        }
        let mut board = self.flights.board();
        // Again under the lock: a flight may have landed in between.
        if let Some(known) = self.answer(key) {
            return Ok(known);
        }
        if let Some(receiver) = board.running(key) {
            return Ok(Boarded::Flight(receiver));
        }
        let load = load.take().ok_or_else(|| CacheError::LoadLost { name: key.name().into() })?;
        let (sender, receiver) = watch::channel(None);
        let flight = Flight { key: key.clone(), id: board.next_id(), begun: self.marks.now(), keep };
        board.enter(key.clone(), flight.id, receiver.clone());
        tokio::spawn(Arc::clone(self).fly(flight, load, sender));
        Ok(Boarded::Flight(receiver))
    }

    async fn fly(self: Arc<Self>, flight: Flight, load: Load, sender: Sender) {
        let leaving = Leaving { flights: &self.flights, key: &flight.key, id: flight.id };
        let outcome = match timeout(self.load_timeout, load).await {
            Ok(outcome) => outcome.map_err(CacheError::Load),
            Err(_) => Err(CacheError::LoadTimedOut { name: flight.key.name().into(), limit: self.load_timeout }),
        };
        if let Ok(loaded) = &outcome {
            self.store(&flight, loaded);
        }
        drop(leaving);
        sender.send_replace(Some(Landed { begun: flight.begun, outcome }));
    }

    /// Keeps the answer, unless its key was removed while it was loaded.
    fn store(&self, flight: &Flight, loaded: &Loaded) {
        let kept = if loaded.value.is_some() { flight.keep.present } else { flight.keep.absent };
        let Flight { key, id, begun, .. } = flight;
        let board = self.flights.board();
        if !kept.is_zero() && board.counts(key, *id) {
            let expires_at = Timestamp(self.clock.now().0.saturating_add(micros(kept)));
            self.entries.insert(key.clone(), Arc::new(Entry { loaded: loaded.clone(), begun: *begun, expires_at }));
        }
    }
}

/// Of an entry beside its texts: the map's node, the policy's node, the shared pointers. Measured by nobody; an estimate.
const ENTRY_BYTES: usize = 256;

fn weight(key: &Key, entry: &Arc<Entry>) -> u32 {
    let tags: usize = entry.loaded.tags.iter().map(|tag| tag.as_str().len() + size_of::<Tag>()).sum();
    let value = entry.loaded.value.as_ref().map_or(0, Bytes::len);
    u32::try_from(ENTRY_BYTES + key.name().len() + value + tags).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use kernel::ManualClock;

    use super::*;

    const MINUTE: Keep = Keep { present: Duration::from_mins(1), absent: Duration::from_mins(1) };

    fn of_bytes(length: usize) -> Load {
        Box::pin(async move { Ok(Loaded { value: Some(vec![0; length].into()), tags: Vec::new() }) })
    }

    #[tokio::test]
    async fn the_weight_of_all_entries_stays_within_the_bound() {
        let bounds = CacheBounds { bytes: 100_000, ..CacheBounds::default() };
        let cache = MemoryCache::new(Arc::new(ManualClock::default()), bounds);
        let workspace = WorkspaceId::new();
        for number in 0..1_000 {
            cache.get_or_load(&Key::new(workspace, format!("key {number}")), MINUTE, of_bytes(1_000)).await.unwrap();
        }
        cache.0.entries.run_pending_tasks();
        let used = cache.0.entries.weighted_size();
        assert!((50_000..=100_000).contains(&used), "{used} bytes of 100,000");
    }

    #[tokio::test]
    async fn a_value_larger_than_the_whole_cache_is_given_and_not_kept() {
        let bounds = CacheBounds { bytes: 10_000, ..CacheBounds::default() };
        let cache = MemoryCache::new(Arc::new(ManualClock::default()), bounds);
        let key = Key::new(WorkspaceId::new(), "large");
        let value = cache.get_or_load(&key, MINUTE, of_bytes(20_000)).await.unwrap();
        cache.0.entries.run_pending_tasks();
        assert_eq!((value.map(|value| value.len()), cache.0.entries.weighted_size()), (Some(20_000), 0));
    }

    #[tokio::test]
    async fn what_is_kept_for_no_time_takes_no_room() {
        let cache = MemoryCache::new(Arc::new(ManualClock::default()), CacheBounds::default());
        let never = Keep { present: Duration::ZERO, ..MINUTE };
        cache.get_or_load(&Key::new(WorkspaceId::new(), "shared"), never, of_bytes(1_000)).await.unwrap();
        cache.0.entries.run_pending_tasks();
        assert_eq!(cache.0.entries.weighted_size(), 0);
    }

    #[tokio::test]
    async fn a_load_that_takes_too_long_is_given_up_and_not_in_the_way_of_the_next() {
        let bounds = CacheBounds { load_timeout: Duration::from_millis(10), ..CacheBounds::default() };
        let cache = MemoryCache::new(Arc::new(ManualClock::default()), bounds);
        let key = Key::new(WorkspaceId::new(), "slow");
        let refusal = cache.get_or_load(&key, MINUTE, Box::pin(std::future::pending())).await.unwrap_err();
        assert_eq!(refusal.to_string(), "could not load `slow` for the cache within 10ms");
        let value = cache.get_or_load(&key, MINUTE, of_bytes(1)).await.unwrap();
        assert_eq!(value.map(|value| value.len()), Some(1));
    }
}
