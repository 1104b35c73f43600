//! The keys that sign access tokens; the tokens themselves are the engine's.

mod signing_keys;

pub(crate) use signing_keys::SigningKeys;
