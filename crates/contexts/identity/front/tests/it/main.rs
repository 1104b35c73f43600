//! Identity through its front door, on both databases.

#![expect(clippy::expect_used, reason = "a test stops where its ground gives way")]

mod accounts;
mod audit;
mod authenticator;
mod factors;
mod house;
mod keys;
mod mailing;
mod members;
mod newcomers;
mod passkeys;
mod provider;
mod required;
mod sessions;
mod sso;
mod tenancy;
