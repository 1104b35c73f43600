//! Secrets that people and programs carry: access tokens, refresh tokens, keys, links.

mod bearer;
mod jwt;
mod refresh;

pub use bearer::{Invite, Key, Link, PREFIX as KEY_PREFIX};
pub use jwt::{Claims, Expected, Jwk, Jwks, kid, sign, verify};
pub use refresh::{PURPOSE as REFRESH_PURPOSE, Refresh};
