//! Read models of this context. One file per table.

mod loans;

pub(crate) use loans::Loans;
