//! What the trials of the spine are made on: a ledger with an inline read model, one that follows, and a job for each payment.
//!
//! `chaos` kills its processes and looks whether anything was lost; `outage` takes the database away; `tail` reads while slow
//! writers are killed; `forget` erases a person; `bench` measures what it costs.

mod judge;
mod ledger;
mod world;

pub use judge::{Acknowledged, Outcome, is_quiet, judge};
pub use ledger::{Balance, Balances, Ledger, LedgerEvent, TrialError, table_rows};
pub use world::{NOTE, NoteTaker, World, impatient, pay};
