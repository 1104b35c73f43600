//! What every implementation of a port must do, the embedded one included: one suite per port.
//!
//! A suite is a function that takes a factory and gives the first broken rule as its error, so that an adapter's test is
//! one line. Names and workspaces are new in each rule, so that a suite may run on a server that others use.

pub mod bus;
mod cache;
pub mod event_log;
pub mod jobs;
mod keys;
mod limits;
mod locks;
mod rules;
mod timed;

pub use bus::bus;
pub use cache::cache;
pub use event_log::event_log;
pub use jobs::jobs;
pub use keys::keys;
pub use limits::limits;
pub use locks::locks;
pub use timed::Timed;
