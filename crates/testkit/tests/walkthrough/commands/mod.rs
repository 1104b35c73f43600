//! What one can ask this context to do. One file per command.

mod lend_book;

pub(crate) use lend_book::LendBook;
