//! The one abstraction of the write side.

use serde::{Serialize, de::DeserializeOwned};

/// A consistency boundary that is rebuilt from its own events.
///
/// Serialisable, because a long stream is kept as a snapshot too.
pub trait Aggregate: Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// First part of the stream's name, e.g. `lakehouse.run`. Never changes once events are stored.
    const STREAM: &'static str;
    /// A snapshot is written when so many events have come since the last; 0 for never.
    const SNAPSHOT_EVERY: u32 = 0;
    /// Grows when the state changes its shape: older snapshots are then ignored.
    const STATE_VERSION: u16 = 1;
    /// Names one instance.
    type Id: std::fmt::Display + Copy + Send + Sync + 'static;
    /// What can happen to it; private to the context.
    type Event: Event;
    /// What the rest of the product hears; lives in `contracts`.
    type Published: Serialize + Send + Sync;

    /// Takes one fact into account. Total: a stored fact is never refused.
    fn apply(&mut self, event: &Self::Event);

    /// Translates a fact, just applied, for the others; `None` keeps it private.
    fn publish(&self, event: &Self::Event) -> Option<Self::Published>;
}

/// A fact of one aggregate: an enum with `#[serde(tag = "type")]`, so that its first member names it.
pub trait Event: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Grows with every change of shape that [`Event::upcast`] has to bridge.
    const SCHEMA_VERSION: u16 = 1;

    /// Brings a payload that was stored under an older `version` to the present shape. Sealed fields pass through as they are.
    #[must_use]
    fn upcast(kind: &str, version: u16, payload: serde_json::Value) -> serde_json::Value {
        let _ = (kind, version);
        payload
    }
}
