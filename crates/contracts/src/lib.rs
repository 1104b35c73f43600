//! The published language: what one context may know about another. Types and ports, no rules.

pub mod identity;
pub mod lakehouse;
mod refused;

pub use refused::{Refused, Why};
