//! What is kept for a while: answers (`Cache`), how much was taken (`Limits`), who holds a name (`Locks`).
//!
//! Three ports, each with its implementation inside this process; one over the network implements the same and passes
//! the same suites of `testkit::conformance`. Invariants: a value loaded before an invalidation is never given to who asks
//! after it; nothing here is the only copy of anything; memory is bounded. Time comes from a `kernel::Clock`.
//!
//! Absent on purpose: writing a value from outside. A value that was read before an invalidation and written after it
//! would stay stale until it expires, so values enter by `Cache::get_or_load` alone.

mod error;
mod flight;
mod gcra;
mod key;
mod limits;
mod locks;
mod marks;
mod memory;
mod port;
mod typed;

pub use error::{CacheError, LoadError};
pub use gcra::{Decision, Limit, Outcome, gcra};
pub use key::{Key, Tag};
pub use limits::{Limits, MemoryLimits};
pub use locks::{Guard, Locks, MemoryLocks};
pub use memory::{CacheBounds, MemoryCache};
pub use port::{Cache, Keep, Load, Loaded, Lookup};
pub use typed::get_or_load_json;
