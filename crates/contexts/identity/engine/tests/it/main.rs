//! The mailers: both through one suite, and SMTP against a real server and against one that says no.

#![expect(clippy::expect_used, reason = "a test stops where its ground gives way")]

mod mailers;
mod refusals;
mod smtp;
