//! Why a text is not one of our words, and why an amount cannot be made.

use crate::{Currency, ErrorKind, PageRequest, ProductError};

/// Every way in which a code, an amount or a cursor is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WordError {
    /// No entry of a standard's table.
    #[error("could not read `{given}` as a {what}")]
    UnknownCode {
        /// The kind of word: `country`, `currency`, `language`, `language tag`.
        what: &'static str,
        /// As given.
        given: String,
        /// What was probably meant; `None` where nothing is near.
        meant: Option<String>,
    },
    /// No amount such as `12.50 EUR`.
    #[error("could not read `{given}` as an amount: {why}")]
    BadAmount {
        /// As given.
        given: String,
        /// Which rule it breaks.
        why: &'static str,
    },
    /// A sum across currencies.
    #[error("could not compute with {left} and {right} together")]
    MixedCurrencies {
        /// Of the first amount.
        left: Currency,
        /// Of the second amount.
        right: Currency,
    },
    /// Beyond 2^63 minor units, or a division by zero.
    #[error("could not compute an amount in {currency}: the result is out of range")]
    OutOfRange {
        /// Of the amount.
        currency: Currency,
    },
    /// All weights are zero, or there are none.
    #[error("could not share an amount in {currency}: no share has a weight")]
    NoWeight {
        /// Of the amount.
        currency: Currency,
    },
    /// No cursor of ours, or one of another list.
    #[error("could not continue from cursor `{given}`: {why}")]
    BadCursor {
        /// As given, cut after some characters.
        given: String,
        /// Which check it fails.
        why: &'static str,
    },
    /// Fewer than one or more than the most items of a page.
    #[error("could not take a page of {given} items")]
    BadLimit {
        /// As given.
        given: u32,
    },
}

impl ProductError for WordError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownCode { .. } => "kernel.unknown_code",
            Self::BadAmount { .. } => "kernel.bad_amount",
            Self::MixedCurrencies { .. } => "kernel.mixed_currencies",
            Self::OutOfRange { .. } => "kernel.amount_out_of_range",
            Self::NoWeight { .. } => "kernel.no_weight",
            Self::BadCursor { .. } => "kernel.bad_cursor",
            Self::BadLimit { .. } => "kernel.bad_limit",
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::UnknownCode { meant: Some(meant), .. } => format!("write `{meant}`, if that is meant"),
            Self::UnknownCode { what, .. } => format!("give a {what} by its code in the standard"),
            Self::BadAmount { .. } => "write amount and currency like `12.50 EUR`".to_owned(),
            Self::MixedCurrencies { .. } => "convert one of them first".to_owned(),
            Self::OutOfRange { .. } => "use smaller amounts".to_owned(),
            Self::NoWeight { .. } => "give at least one share a weight above zero".to_owned(),
            Self::BadCursor { .. } => "start again from the first page".to_owned(),
            Self::BadLimit { .. } => format!("ask for 1 to {} items", PageRequest::MAX_LIMIT),
        })
    }
}

/// How alike two names must be (Jaro-Winkler) before one is offered for the other. Set by hand: `Germny` is near
/// `Germany` (0.97), `Austria` and `Australia` (0.93) are told apart by their own exact names.
const NEAR: f64 = 0.90;

/// The entry that a mistaken text probably meant: one of its codes in other letters or within blanks, else its name,
/// else the nearest name. `entries` are the written code, all texts that say the same, and the name.
pub(crate) fn meant<'a, const N: usize>(
    given: &str,
    entries: impl Iterator<Item = (&'a str, [&'a str; N], &'a str)> + Clone,
) -> Option<String> {
    let given = given.trim().to_lowercase();
    if given.is_empty() {
        return None;
    }
    let exact = entries.clone().find(|(_, codes, name)| {
        name.to_lowercase() == given || codes.iter().any(|code| !code.is_empty() && code.to_lowercase() == given)
    });
    let nearest = || {
        entries
            .map(|(code, _, name)| (strsim::jaro_winkler(&name.to_lowercase(), &given), code))
            .filter(|(score, _)| *score >= NEAR)
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, code)| code)
    };
    // A wrong code is near to many names and means none of them.
    let is_name = given.chars().count() > 3;
    exact.map(|(code, ..)| code).or_else(|| is_name.then(nearest).flatten()).map(str::to_owned)
}

/// The longest text that an error repeats.
const SHOWN_CHARS: usize = 60;

/// The start of a text, for an error.
pub(crate) fn shown(given: &str) -> String {
    match given.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &given[..end]),
        None => given.to_owned(),
    }
}

/// `Display` and `FromStr` as the form in serde.
macro_rules! text_serde {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_serde;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_remedy_is_a_sentence_without_a_full_stop() {
        let errors = [
            WordError::UnknownCode { what: "country", given: "UK".to_owned(), meant: Some("GB".to_owned()) },
            WordError::UnknownCode { what: "country", given: "UK".to_owned(), meant: None },
            WordError::BadAmount { given: "1".to_owned(), why: "the currency is missing" },
            WordError::BadLimit { given: 0 },
        ];
        let remedies = errors.map(|error| error.remedy().unwrap());
        assert_eq!(
            remedies,
            [
                "write `GB`, if that is meant",
                "give a country by its code in the standard",
                "write amount and currency like `12.50 EUR`",
                "ask for 1 to 500 items",
            ]
        );
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        assert_eq!(shown("short"), "short");
        assert_eq!(shown(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(shown(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }
}
