//! Makes retail data that is as dirty as the real thing, and says what is true about it.
//!
//! *Promise*: the same seed and number of customers give the same bytes on every machine: all chance comes from
//! `ChaCha8`, all arithmetic is on integers, every date is a constant, nothing depends on a hash table's order.
//! *Promise*: the truth is computed while the rows are written, never by reading them again.
//! *Promise*: memory grows by about ten bytes a customer; rows are made one at a time, in their final shuffled order.
//! *Absent on purpose*: a clock, threads, a model of behaviour (what a customer buys next does not depend on what they
//! bought before), and check digits: phone numbers and VAT numbers are random digits.

mod civil;
mod companies;
mod dice;
mod error;
mod folder;
mod geography;
mod manifest;
mod meter;
mod misspelling;
mod people;
mod permutation;
mod phone;
mod retail;
mod roster;
mod sales;
mod sink;
mod wordlist;

pub use error::GenerateError;
pub use manifest::{FileEntry, FileRows, Manifest, RejectedRows, SalesTruth, TruthFigures};
pub use meter::Progress;
pub use retail::{MAX_CUSTOMERS, RetailOptions, generate_retail};
