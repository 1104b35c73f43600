//! The published language: what one context may know about another. Types only.

pub mod identity;
pub mod lakehouse;
mod refused;

pub use refused::Refused;
