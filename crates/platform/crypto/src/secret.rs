//! 32 secret bytes, and HMAC and HKDF over them.
//!
//! Invariant: the bytes stay in one place on the heap and are wiped when dropped; nothing prints them.

use std::fmt;

use kernel::Chance;
use ring::hmac;
use zeroize::Zeroizing;

/// Bytes of every key here.
pub(crate) const LENGTH: usize = 32;

/// Salt of every derivation, so that no other product derives the same keys from the same secret.
const SALT: &[u8] = b"grayghost/keys/v1";

/// Boxed, because moving an array leaves a copy of it behind.
pub(crate) struct Secret(Box<Zeroizing<[u8; LENGTH]>>);

impl Secret {
    pub(crate) fn random(chance: &dyn Chance) -> Self {
        let mut bytes = Box::new(Zeroizing::new([0; LENGTH]));
        chance.fill(&mut bytes[..]);
        Self(bytes)
    }

    /// `None` when these are not 32 bytes.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut secret = Self(Box::new(Zeroizing::new([0; LENGTH])));
        (bytes.len() == LENGTH).then(|| secret.0.copy_from_slice(bytes))?;
        Some(secret)
    }

    pub(crate) fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// Another key, which tells nothing about this one or about those of other purposes.
    pub(crate) fn derive(&self, purpose: &str) -> Self {
        let derived = Zeroizing::new(hkdf(SALT, self.bytes(), purpose.as_bytes()));
        Self(Box::new(derived))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// HMAC-SHA-256 of the parts, one after the other (RFC 2104).
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; LENGTH] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    let mut tag = [0; LENGTH];
    tag.copy_from_slice(context.sign().as_ref());
    tag
}

/// The first 32 bytes of HKDF-SHA-256: extract, then the first block of expand (RFC 5869, 2.2 and 2.3). Written out,
/// because with one block it cannot fail, and `ring`'s own returns a `Result`.
fn hkdf(salt: &[u8], secret: &[u8], info: &[u8]) -> [u8; LENGTH] {
    let extracted = Zeroizing::new(hmac(salt, &[secret]));
    hmac(&extracted[..], &[info, &[1]])
}

#[cfg(test)]
mod tests {
    use kernel::SeededChance;

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    #[test]
    fn hmac_gives_the_published_tags() {
        // RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
        let cases: [(&[u8], &[u8], &str); 3] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, data, expected) in cases {
            assert_eq!(hex(&hmac(key, &[data])), expected);
            let (head, tail) = data.split_at(3);
            assert_eq!(hex(&hmac(key, &[head, tail])), expected);
        }
    }

    #[test]
    fn hkdf_gives_the_published_keys() {
        // RFC 5869, appendices A.1 and A.3, first 32 bytes of OKM.
        let (salt, info): (Vec<u8>, Vec<u8>) = ((0..=0x0c).collect(), (0xf0..=0xf9).collect());
        let first = hkdf(&salt, &[0x0b; 22], &info);
        assert_eq!(hex(&first), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
        let third = hkdf(&[], &[0x0b; 22], &[]);
        assert_eq!(hex(&third), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    }

    #[test]
    fn purposes_give_keys_of_their_own_always_the_same() {
        let secret = Secret::random(&SeededChance::new(1));
        assert_eq!(secret.derive("a").bytes(), secret.derive("a").bytes());
        assert_ne!(secret.derive("a").bytes(), secret.derive("b").bytes());
        assert_ne!(secret.derive("a").bytes(), secret.bytes());
        assert_eq!(format!("{secret:?}"), "***");
    }

    #[test]
    fn only_32_bytes_are_a_secret() {
        for (length, is_one) in [(0, false), (31, false), (32, true), (33, false)] {
            assert_eq!(Secret::from_slice(&vec![7; length]).is_some(), is_one, "{length}");
        }
    }
}
