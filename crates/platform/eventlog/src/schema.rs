//! The tables of the log.

use sql::Migration;

/// In their order, to be applied with those of the contexts.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        context: "eventlog",
        number: 1,
        sql: include_str!("../migrations/0001_events.sql"),
        postgres: include_str!("../migrations/0001_events.postgres.sql"),
        tenant_tables: &["events", "snapshots", "idempotency"],
    },
    // An event has one position, and it is found from the event.
    Migration {
        context: "eventlog",
        number: 2,
        sql: "CREATE UNIQUE INDEX sealed_seq ON sealed (seq)",
        postgres: "",
        tenant_tables: &[],
    },
];
