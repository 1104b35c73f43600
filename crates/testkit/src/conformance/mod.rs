//! What every implementation of a port must do, the embedded one included: one suite per port.
//!
//! A suite is a function that takes a factory and gives the first broken rule as its error, so that an adapter's test is
//! one line. Names and workspaces are new in each rule, so that a suite may run on a server that others use.

mod cache;
mod keys;
mod limits;
mod locks;
mod timed;

pub use cache::cache;
pub use keys::keys;
pub use limits::limits;
pub use locks::locks;
pub use timed::Timed;
