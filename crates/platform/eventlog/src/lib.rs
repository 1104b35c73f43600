//! Streams of facts over SQLite and PostgreSQL, and the read models made of them.
//!
//! Invariants
//! - A stream belongs to one workspace; its versions count from 1 without gaps; two writers never append the same one.
//! - [`EventLog::change`] is one transaction: load, decide, append, inline read models, what the caller adds (jobs). What was
//!   acknowledged is durable; nothing is published that was not stored: the log itself is the outbox.
//! - A [`sealer`](EventLog::seal) gives committed events a dense position and a link of their workspace's hash chain. A
//!   reader that goes by positions never skips and never sees twice.
//! - Personal fields are sealed with their subject's key before they are stored, and before they are hashed: the chain
//!   verifies when the key is gone.
//! - An event is never changed. Older shapes are brought to the present one when read.
//!
//! Absent on purpose: subscriptions with retries and dead letters (`platform/bus`), jobs (`platform/jobs`), and a
//! repository for each aggregate.

mod adopt;
mod append;
mod chain;
mod change;
mod codec;
mod erase;
mod erased;
mod error;
mod keystore;
mod load;
mod log;
mod once;
mod projection;
mod projector;
mod read;
mod ready;
mod rebuild;
mod record;
mod schema;
mod sealer;

pub use append::NewStream;
pub use chain::{Broken, Verified};
pub use change::{Also, Changed, How};
pub use erase::{EraseError, Subject, SubjectEvent};
pub use error::LogError;
pub use keystore::{KEY_MIGRATIONS, SqlKeyStore};
pub use log::EventLog;
pub use once::Once;
pub use projection::{Projection, ReadModel, Table};
pub use projector::{Lag, Projector};
pub use record::{Cause, EventId, Recorded};
pub use schema::MIGRATIONS;
