//! Single flight: one load at a time for a key, watched by everyone who wants its answer.
//!
//! Invariant: a flight leaves the list when its load ends, in whatever way, also by a panic.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::{CacheError, Key, Loaded, marks::Moment};

/// How a load ended.
#[derive(Debug, Clone)]
pub(crate) struct Landed {
    pub(crate) begun: Moment,
    pub(crate) outcome: Result<Loaded, CacheError>,
}

/// Gives the landing to everyone who watches; `None` while the load runs.
pub(crate) type Sender = watch::Sender<Option<Landed>>;
pub(crate) type Receiver = watch::Receiver<Option<Landed>>;

/// Tells one flight of a key from its next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FlightId(u64);

#[derive(Debug, Default)]
pub(crate) struct Board {
    last: u64,
    by_key: HashMap<Key, (FlightId, Receiver)>,
}

impl Board {
    /// The flight that runs for the key.
    pub(crate) fn running(&self, key: &Key) -> Option<Receiver> {
        self.by_key.get(key).map(|(_, receiver)| receiver.clone())
    }

    pub(crate) fn next_id(&mut self) -> FlightId {
        self.last += 1;
        FlightId(self.last)
    }

    pub(crate) fn enter(&mut self, key: Key, id: FlightId, receiver: Receiver) {
        self.by_key.insert(key, (id, receiver));
    }

    /// Whether this very flight still counts: nobody removed the key since.
    pub(crate) fn counts(&self, key: &Key, id: FlightId) -> bool {
        self.by_key.get(key).is_some_and(|(running, _)| *running == id)
    }

    /// The flight goes on for those who wait, and nobody joins it any more.
    pub(crate) fn detach(&mut self, key: &Key) {
        self.by_key.remove(key);
    }

    fn leave(&mut self, key: &Key, id: FlightId) {
        if self.counts(key, id) {
            self.by_key.remove(key);
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<Board>);

impl Flights {
    pub(crate) fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the flight off the board when dropped.
pub(crate) struct Leaving<'a> {
    pub(crate) flights: &'a Flights,
    pub(crate) key: &'a Key,
    pub(crate) id: FlightId,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.flights.board().leave(self.key, self.id);
    }
}

/// Waits for the landing.
///
/// # Errors
/// [`CacheError::LoadLost`] where the load ended without one.
pub(crate) async fn landing(mut receiver: Receiver, key: &Key) -> Result<Landed, CacheError> {
    let landed = receiver.wait_for(Option::is_some).await.ok().and_then(|landed| landed.clone());
    landed.ok_or_else(|| CacheError::LoadLost { name: key.name().into() })
}
