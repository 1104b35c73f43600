//! The tables of subscriptions.

use sql::Migration;

/// In their order, to be applied after those of the event log.
pub const MIGRATIONS: &[Migration] = &[Migration {
    context: "bus",
    number: 1,
    sql: include_str!("../migrations/0001_bus.sql"),
    postgres: "",
    tenant_tables: &["held_facts", "inbox"],
}];
