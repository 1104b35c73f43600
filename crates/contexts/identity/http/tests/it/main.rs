//! Identity over HTTP, on both databases.

#![expect(clippy::expect_used, reason = "a test stops where its ground gives way")]

/// The house of the front door's tests: the same ground for both.
#[path = "../../../front/tests/it/house.rs"]
#[expect(dead_code, reason = "the front door's tests need more of it")]
mod house;
mod http;
mod lists;
mod lists_mistakes;
mod sso;
