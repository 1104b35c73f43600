//! The server: what the contexts are mounted on, the parts that a process plays, and the front door.
//!
//! Invariants: which contexts there are is said in one place, `wiring`; every request of the product passes the gateway.
//!
//! Absent on purpose: the command line and what it writes on a screen (`grayghost`), and rules of the product (contexts).

pub mod accounts;
pub mod backends;
pub mod catalogue;
mod compute;
pub mod failure;
mod front;
pub mod resolver;
mod roles;
pub mod serve;
pub mod settings;
pub mod stop;
mod tables;
pub mod wiring;
pub mod workspace;
