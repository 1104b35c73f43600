//! The rules, without I/O.

mod book;

pub(crate) use book::{Book, Refusal};
