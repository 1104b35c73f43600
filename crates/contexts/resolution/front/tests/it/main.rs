//! Entity resolution through its door.

mod bench;
mod explaining;
mod grouping;
mod history;
mod linking;
mod models;
mod refusals;
mod reporting;
mod sets;
