//! SQLite and PostgreSQL behind one enum: transactions that cannot be cut in half, and a scope that every statement has.
//!
//! Invariants
//! - A transaction runs in a task of its own. Its caller may go away at any moment: the transaction still ends, whole or not
//!   at all, and its connection goes back in order. Nothing else in the product begins a transaction.
//! - A statement that failed ends its transaction: what was acknowledged was committed.
//! - In the scope of a workspace the workspace is bound as `$1` of every statement, and a statement that does not ask for it
//!   is refused. On PostgreSQL row-level security stands behind that.
//! - Timestamps are microseconds in a `BIGINT`, ids `UUID`, bytes `BYTEA`: the same text makes the same table on both.
//!
//! Absent on purpose: an entity mapper, a query builder, a trait for each store.

mod bulk;
mod database;
mod error;
mod migrate;
mod postgres;
mod replica;
mod rewrite;
mod row;
mod sqlite;
mod statement;
mod tx;
mod value;

pub use database::{Database, Settings, Tenant};
pub use error::SqlError;
pub use migrate::{Migration, guard};
pub use row::{Column, Row};
pub use statement::Sql;
pub use tx::{Dialect, Scope, Tx};
pub use value::Value;

/// Arguments of a statement: `args![id, name]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}
