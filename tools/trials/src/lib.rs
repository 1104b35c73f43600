//! What the trials of the spine are made on: a ledger with an inline read model, one that follows, and a job for each payment.
//!
//! `chaos` kills its processes and looks whether anything was lost; `bench` measures what it costs.

mod ledger;
mod world;

pub use ledger::{Balance, Balances, Ledger, LedgerEvent, TrialError, table_rows};
pub use world::{NOTE, NoteTaker, World, pay};
