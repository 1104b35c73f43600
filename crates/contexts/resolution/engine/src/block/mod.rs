//! Blocking: which pairs of records are compared at all.
//!
//! A rule is a conjunction of keys of columns; records whose keys are equal share a block, and the pairs of a block are
//! compared. Several rules are used in union, and a pair that several rules give is given once: by the first of them.

mod keys;
mod pairs;

use serde::{Deserialize, Serialize};

pub use keys::KeyCache;
pub use pairs::{Blocking, Blocks, Sides};

/// What of a text must be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// The whole text.
    Exact,
    /// The first characters, this many; a shorter text has no key.
    Prefix(u8),
    /// The last characters, this many; a shorter text has no key.
    Suffix(u8),
    /// How its first word sounds.
    Sound,
    /// Its first four digits, as the year of a date.
    Year,
    /// Its last four digits, as month and day of a date.
    MonthDay,
    /// The part before the `@`.
    LocalPart,
    /// Its words in the order of the alphabet.
    SortedWords,
    /// Any word that at most this share of a thousand texts has; a record has a key for each.
    Word(u16),
    /// The text with any one character left out, or none: texts one edit apart share a key.
    Deletion,
}

impl Key {
    /// Whether a text may have more than one key.
    pub fn is_multiple(self) -> bool {
        matches!(self, Self::Word(_) | Self::Deletion)
    }
}

/// A key of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Part {
    /// Which column.
    pub column: usize,
    /// What of it.
    pub key: Key,
}

/// All parts must agree. At most one of them may be multiple.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What must agree.
    pub parts: Vec<Part>,
    /// Blocks with more records than this are left to the other rules.
    pub max_block: usize,
}

impl Rule {
    /// Whether a record may be in several blocks of this rule.
    pub fn is_multiple(&self) -> bool {
        self.parts.iter().any(|part| part.key.is_multiple())
    }
}
