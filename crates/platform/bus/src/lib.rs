//! Facts to those who react to them, within the product: at least once, in order per stream, with retries and dead letters.
//!
//! Invariants
//! - A [`Subscriber`] hears every fact that it asked for, in the order of the facts' stream. What was not finished when a
//!   process dies comes again: handlers are idempotent by event id, or take a [`Receipt`] in their own transaction.
//! - A fact that fails is put aside in a table, and the later ones of its stream behind it; other streams and other
//!   subscribers go on. After the last attempt it is a dead letter, which a person replays, edits or discards.
//! - One process at a time runs a subscriber. Its lease has a fence: a process that lost it changes nothing any more.
//! - Facts stay sealed: what is put aside names the event in the log, and only an edited fact is stored here.
//! - Memory is bounded by [`Policy`], whatever the log holds.
//!
//! Absent on purpose: a port for brokers. A trait needs two implementations; the issue that brings RabbitMQ makes the port
//! with it. What such a port carries is here: [`Envelope`], and the rule for gaps, [`Arrival`]. Absent too: read models,
//! which `eventlog` writes in one transaction with their cursor.

mod arrival;
mod backoff;
mod delivery;
mod envelope;
mod error;
mod held;
mod inbox;
mod lease;
mod letters;
mod runner;
mod schema;
mod settle;
mod subscriber;
mod subscriptions;
mod window;

pub use arrival::Arrival;
pub use delivery::Delivery;
pub use envelope::Envelope;
pub use error::BusError;
pub use inbox::Receipt;
pub use letters::{DeadLetters, Letter, Shown};
pub use schema::MIGRATIONS;
pub use subscriber::{Begin, HandlerError, Hears, Policy, Subscriber};
pub use subscriptions::{Settings, Status, Subscriptions};
