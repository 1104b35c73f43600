//! How the command line looks: colours, tables, figures, bars, pages of errors, and the numbers that a shell sees.
//!
//! Absent on purpose: verbs, and what they know of data.

pub mod exit;
pub mod figures;
pub mod layout;
pub mod pages;
pub mod paint;
pub mod progress;
pub mod screen;
