//! What an operator may set of passwords. The defaults run.

use std::path::PathBuf;

/// How passwords are hashed, and which are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordSettings {
    /// Memory of argon2id, in KiB. Source of the three: OWASP Password Storage Cheat Sheet, 19 MiB, t 2, p 1.
    pub memory_kib: u32,
    /// Its passes.
    pub passes: u32,
    /// Its lanes.
    pub lanes: u32,
    /// The least score of zxcvbn, 0 to 4; 3 is "safely unguessable" for who has no copy of the hash.
    pub least_score: u8,
    /// A file of SHA-1 hashes in hexadecimal capitals, one a line and sorted, as `haveibeenpwned.com` publishes it; what
    /// follows a `:` is not read.
    pub breached: Option<PathBuf>,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self { memory_kib: 19 * 1_024, passes: 2, lanes: 1, least_score: 3, breached: None }
    }
}
