//! Secrets that people and programs carry: access tokens, refresh tokens, keys, links.

mod bearer;
mod jwt;
mod refresh;
mod signing_keys;

pub(crate) use bearer::{Invite, Key, Link, sha256_hex};
pub(crate) use jwt::{Claims, Expected, Jwk, verify};
pub(crate) use refresh::Refresh;
pub(crate) use signing_keys::SigningKeys;

pub use jwt::Jwks;
