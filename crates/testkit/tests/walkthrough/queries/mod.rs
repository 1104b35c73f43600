//! What one can ask this context to tell. One file per question.

mod list_loans;

pub(crate) use list_loans::ListLoansRow;
