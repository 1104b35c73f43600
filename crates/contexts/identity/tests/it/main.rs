//! Identity through its front door and over HTTP, on both databases.

#![expect(clippy::expect_used, reason = "a test stops where its ground gives way")]

mod accounts;
mod audit;
mod house;
mod http;
mod keys;
mod members;
mod sessions;
mod tenancy;
