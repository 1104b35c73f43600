//! The house rules, each a pure function from the text of the tree to a list of violations; and new use cases in its shape.
//!
//! Invariant: a rule is kept only with a planted violation in `tests/planted.rs` that it must find.
//! Absent on purpose: anything that clippy or rustc already checks well (docs on public items, `unsafe`), and
//! any rule that needs judgement: those belong to review.

pub mod arch;
pub mod docs;
mod manifest;
pub mod new;
mod scan;
mod tree;

pub use tree::{TextFile, Tree, Violation};
