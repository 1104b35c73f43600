//! Similarity of texts, sounds and forms: pure functions, none allocates for short ASCII texts.

mod edit;
mod jaro;
mod nearest;
mod sound;
mod vector;

pub use edit::damerau_levenshtein;
pub(crate) use edit::damerau_levenshtein_bytes;
pub use jaro::jaro_winkler;
pub(crate) use jaro::jaro_winkler_bytes;
pub use nearest::{Near, View, nearest};
pub use sound::sound;
pub use vector::{Unit, Vectors};
