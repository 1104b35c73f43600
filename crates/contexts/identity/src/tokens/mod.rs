//! Secrets that people and programs carry: access tokens, refresh tokens, keys, links.

mod bearer;
mod jwt;
mod refresh;
mod signing_keys;

pub(crate) use bearer::{Invite, Key, Link, PREFIX};
pub(crate) use jwt::Claims;
pub(crate) use refresh::{Refresh, refresh_purpose};
pub(crate) use signing_keys::SigningKeys;

pub use jwt::{Jwk, Jwks};
