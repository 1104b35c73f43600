//! Text of project files to values, every mistake of a file at once.
//!
//! Nothing here touches the disk or knows other files; names of other assets come in as [`crate::names::Names`].

mod column_type;
pub(crate) mod config;
pub(crate) mod doc;
mod duration;
pub(crate) mod entries;
mod expectation;
mod kind;
mod reader;
pub(crate) mod settings;
pub(crate) mod source;
pub(crate) mod tree;
