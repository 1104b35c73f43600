//! GraphQL as callers see it, behind the gateway.

#![expect(clippy::expect_used, reason = "a test stops where its ground gives way")]

mod audit;
mod documents;
mod fields;
/// The house of identity's tests: people who sign in.
#[path = "../../../../contexts/identity/front/tests/it/house.rs"]
#[expect(dead_code, reason = "identity's own tests need more of it")]
mod house;
mod limits;
mod links;
mod operations;
mod product;
mod refusals;
mod sockets;
mod transport;
mod world;
