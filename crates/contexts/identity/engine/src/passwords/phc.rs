//! Hashes in the PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.
//!
//! Source: P-H-C, "PHC string format", and the reference implementation of argon2 (RFC 9106), whose order of parameters and
//! base64 without padding this is.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

use super::PasswordSettings;

/// Length of a hash.
pub(super) const HASH_BYTES: usize = 32;
/// The most that a stored hash may ask for: one that was planted may not stop the server. 1 GiB and 16 passes.
const MOST_KIB: u32 = 1 << 20;
const MOST_PASSES: u32 = 16;

/// The parameters that hashes are made with now.
pub(super) struct Costs {
    params: Params,
    prefix: String,
}

impl Costs {
    /// `None` for parameters that argon2 does not take.
    pub(super) fn new(settings: &PasswordSettings) -> Option<Self> {
        let PasswordSettings { memory_kib, passes, lanes, .. } = settings;
        let params = Params::new(*memory_kib, *passes, *lanes, Some(HASH_BYTES)).ok()?;
        Some(Self { params, prefix: format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}$") })
    }

    pub(super) fn hash(&self, password: &[u8], salt: [u8; 16]) -> Option<String> {
        Some(self.written(&salt, &compute(self.params.clone(), password, &salt)?))
    }

    /// A hash as it is stored.
    pub(super) fn written(&self, salt: &[u8; 16], hash: &[u8; HASH_BYTES]) -> String {
        format!("{}{}${}", self.prefix, STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash))
    }

    /// Whether a hash was made with these.
    pub(super) fn made(&self, hash: &str) -> bool {
        hash.starts_with(&self.prefix)
    }
}

fn compute(params: Params, password: &[u8], salt: &[u8]) -> Option<[u8; HASH_BYTES]> {
    let mut out = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(password, salt, &mut out).ok()?;
    Some(out)
}

/// Whether it is the password of this hash; `None` for what is no hash of ours.
pub(super) fn is_right(hash: &str, password: &[u8]) -> Option<bool> {
    let rest = hash.strip_prefix("$argon2id$v=19$m=")?;
    let mut parts = rest.split('$');
    let (costs, salt, stored) = (parts.next()?, parts.next()?, parts.next()?);
    let (memory, rest) = costs.split_once(",t=")?;
    let (passes, lanes) = rest.split_once(",p=")?;
    let (memory, passes, lanes) = (memory.parse().ok()?, passes.parse().ok()?, lanes.parse().ok()?);
    if memory > MOST_KIB || passes > MOST_PASSES || parts.next().is_some() {
        return None;
    }
    let params = Params::new(memory, passes, lanes, Some(HASH_BYTES)).ok()?;
    let computed = compute(params, password, &STANDARD_NO_PAD.decode(salt).ok()?)?;
    let stored = STANDARD_NO_PAD.decode(stored).ok().filter(|stored| stored.len() == HASH_BYTES)?;
    // All bytes are looked at, so that the time tells nothing of how many were right.
    Some(computed.iter().zip(&stored).fold(0, |unlike, (a, b)| unlike | (a ^ b)) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_hash_is_understood() {
        // P-H-C, phc-winner-argon2, src/test.c: argon2id, m=65536, t=2, p=1, "password" and "somesalt".
        let published = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert_eq!(is_right(published, b"password"), Some(true));
        assert_eq!(is_right(published, b"sassword"), Some(false));
    }

    #[test]
    fn what_is_no_hash_of_ours_is_none() {
        let broken = [
            "",
            "password",
            "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA",
            "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA",
            "$argon2id$v=19$m=9999999,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc$x",
        ];
        for hash in broken {
            assert_eq!(is_right(hash, b"password"), None, "{hash}");
        }
    }
}
