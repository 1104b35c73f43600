//! What tests share: databases, conformance suites of the ports, schemas of events. A dev-dependency only.

mod app;
pub mod conformance;
mod databases;
mod program;
pub mod schemas;
mod skipped;

#[doc(hidden)]
pub use anyhow;
pub use app::{Faults, TestApp};
pub use databases::{Place, memory, new_database, postgres, postgres_url, sqlite};
pub use program::{NEEDS_SERVERS, Program};
pub use skipped::{NEEDS_POSTGRES, skipped};
