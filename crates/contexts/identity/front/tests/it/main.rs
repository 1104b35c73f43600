//! Identity through its front door, on both databases.

#![expect(clippy::expect_used, reason = "a test stops where its ground gives way")]

mod accounts;
mod audit;
mod house;
mod keys;
mod mailing;
mod members;
mod provider;
mod sessions;
mod sso;
mod tenancy;
