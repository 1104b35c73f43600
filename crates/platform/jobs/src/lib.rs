//! The job queue: work that is long or may fail, stored with the fact that causes it, over SQLite and PostgreSQL.
//!
//! Invariants
//! - A job is enqueued in a transaction, at best that of the fact ([`Jobs::enqueue_in`] with [`eventlog::How::also`]): both
//!   are there or neither.
//! - A job has at most one attempt that can write for it. Every write names the attempt (the fencing token); a worker that was
//!   away while its job was rescued can neither finish, checkpoint nor report.
//! - A job runs at least once, and is done once in effect where its writes and its end are one transaction
//!   ([`Context::complete_in`]).
//! - Every job ends: it succeeds, is cancelled, or is a dead letter after so many attempts, those counted that killed their
//!   worker.
//! - Arguments, checkpoints and results hold personal fields as ciphertext only; logs, errors, keys and units are stored as
//!   they are and must not hold any.
//!
//! States: `queued → running → succeeded | failed | cancelled | dead`, where `failed` waits for its next attempt. Among jobs
//! that are due, priority decides, then the moment that they were due; nothing else is promised of their order. Clocks of
//! processes must agree to well within a lease.
//!
//! Absent on purpose: queues with names (a kind is one), fairness between workspaces, workflows (a saga is an aggregate), and
//! a port: the queue must be in the database of the facts.

mod attempt;
mod backoff;
mod claim;
mod context;
mod cron;
mod ending;
mod enqueue;
mod error;
mod floor;
mod handler;
mod here;
#[cfg(test)]
mod interleaving;
mod job;
mod jobs;
mod lease;
mod manage;
mod new;
mod query;
mod report;
mod retention;
mod schedule;
mod schema;
mod worker;

pub use backoff::BackOff;
pub use claim::WorkerId;
pub use context::Context;
pub use cron::Cron;
pub use enqueue::NewBatch;
pub use error::JobError;
pub use handler::{Failure, Handler, KindLimits, Retry};
pub use job::{BatchId, Job, JobId, MAX_BYTES, NEVER, Priority, Progress, State};
pub use jobs::Jobs;
pub use manage::Cancelled;
pub use new::{Enqueued, NewJob, Unique};
pub use query::{BatchProgress, Count, Filter, Order};
pub use report::LOG_LINES;
pub use retention::Keep;
pub use schedule::Schedule;
pub use schema::MIGRATIONS;
pub use worker::{Settings, Worker};
