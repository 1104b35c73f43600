//! Hashes that come from elsewhere: bcrypt (Provos and Mazières, "A Future-Adaptable Password Scheme", USENIX 1999).
//!
//! Invariant: what was planted may not stop the server, so that a hash may ask for so much work and no more. Absent on purpose:
//! making such hashes; a password is hashed by argon2id the first time it is shown.

/// 2 to this power rounds at most: some two seconds.
const MOST_COST: u32 = 15;
const HASH_BYTES: usize = 60;

/// Whether a text has the form of a hash that is taken over: `$2b$12$` and 53 letters; `2a` and `2y` are the same computation.
pub(super) fn is_one(hash: &str) -> bool {
    let Some(rest) = ["$2a$", "$2b$", "$2y$"].iter().find_map(|prefix| hash.strip_prefix(prefix)) else { return false };
    let Some((cost, rest)) = rest.split_once('$') else { return false };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"./".contains(&byte);
    hash.len() == HASH_BYTES
        && cost.len() == 2
        && cost.parse().is_ok_and(|cost: u32| (4..=MOST_COST).contains(&cost))
        && rest.bytes().all(is_letter)
}

/// Whether it is the password of this hash; `None` for what is none. Bytes beyond 72 are not looked at, as wherever bcrypt
/// made the hash.
pub(super) fn is_right(hash: &str, password: &[u8]) -> Option<bool> {
    if is_one(hash) { bcrypt::verify(password, hash).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Openwall `crypt_blowfish` 1.3, wrapper.c, tests: `$2a$` and `$2y$` of "U*U".
    const PUBLISHED: [(&str, &str); 3] = [
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*"),
        ("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"),
    ];

    #[test]
    fn published_hashes_know_their_passwords() {
        for (hash, password) in PUBLISHED {
            assert_eq!(is_right(hash, password.as_bytes()), Some(true), "{hash}");
            assert_eq!(is_right(hash, b"U*u"), Some(false), "{hash}");
            assert_eq!(is_right(&hash.replace("$2a$", "$2b$"), password.as_bytes()), Some(true), "{hash}");
        }
    }

    #[test]
    fn what_is_none_or_asks_for_too_much_is_not_computed() {
        let good = PUBLISHED[0].0;
        let (weak, dear) = (good.replace("$05$", "$03$"), good.replace("$05$", "$16$"));
        for hash in ["", "$2b$", &good[..59], &weak, &dear, &good.replace("$2a$", "$2x$"), &good.replace('C', "é")] {
            assert_eq!((is_one(hash), is_right(hash, b"U*U")), (false, None), "{hash}");
        }
    }
}
