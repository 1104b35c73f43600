//! The tables of the queue.

use sql::Migration;

/// In their order, to be applied with those of the contexts.
///
/// Indexes are partial, so that claiming reads what waits and nothing else, whatever number of finished jobs is kept.
pub const MIGRATIONS: &[Migration] = &[Migration {
    context: "jobs",
    number: 1,
    sql: include_str!("../migrations/0001_jobs.sql"),
    postgres: include_str!("../migrations/0001_jobs.postgres.sql"),
    tenant_tables: &["jobs", "job_batches", "job_schedules"],
}];
