//! The built-in retail project through the binary: its numbers against the known truth, and its tables after crashes.

#![expect(clippy::print_stderr, reason = "a test that cannot run says so")]
#![expect(clippy::expect_used, reason = "a test stops where its ground gives way")]

mod crash;
mod disk;
mod oracle;
mod shop;
