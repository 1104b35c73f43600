//! Countries of ISO 3166-1. The table is in `country_table`.
//!
//! Absent on purpose: what the standard reserves or has withdrawn, so `UK` and `XK` are refused; subdivisions.

use std::{fmt, str::FromStr};

use crate::{
    country_table::{COUNTRIES, CountryRow},
    word::{WordError, meant, shown, text_serde},
};

/// A country or area with an officially assigned code. Text form: alpha-2. Sorted by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(u8);

/// What people write for a code that the standard gives to nobody or reserves, and what it stands for.
const OTHER_WORDS: [(&str, &str); 3] = [("UK", "GB"), ("EL", "GR"), ("Great Britain", "GB")];

impl Country {
    /// All of them, sorted by alpha-2.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
        (0..=u8::MAX).zip(&COUNTRIES).map(|(index, _)| Self(index))
    }

    /// The country with this alpha-3 code, such as `AUT`; `None` where no country has it.
    #[must_use]
    pub fn from_alpha3(code: &str) -> Option<Self> {
        Self::all().find(|country| country.alpha3() == code)
    }

    /// The country with this number, such as 40; `None` where no country has it.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::all().find(|country| country.number() == number)
    }

    /// Two capital letters.
    #[must_use]
    pub fn alpha2(self) -> &'static str {
        self.row().0
    }

    /// Three capital letters.
    #[must_use]
    pub fn alpha3(self) -> &'static str {
        self.row().1
    }

    /// The standard's number, the same as in UN M49; written with three digits.
    #[must_use]
    pub fn number(self) -> u16 {
        self.row().2
    }

    /// The standard's English short name, in its natural order.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().3
    }

    fn row(self) -> &'static CountryRow {
        &COUNTRIES[usize::from(self.0)]
    }
}

impl FromStr for Country {
    type Err = WordError;

    /// Reads alpha-2 in capital letters, and nothing else.
    ///
    /// # Errors
    /// [`WordError::UnknownCode`].
    fn from_str(given: &str) -> Result<Self, WordError> {
        let found = COUNTRIES.binary_search_by(|row| row.0.cmp(given)).ok().and_then(|index| index.try_into().ok());
        found.map(Self).ok_or_else(|| {
            let words = OTHER_WORDS.iter().map(|(word, code)| (*code, [*word, ""], ""));
            let rows = COUNTRIES.iter().map(|row| (row.0, [row.0, row.1], row.3));
            WordError::UnknownCode { what: "country", given: shown(given), meant: meant(given, words.chain(rows)) }
        })
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.alpha2())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.alpha2())
    }
}

text_serde!(Country);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_the_standards_of_august_2025() {
        assert_eq!(Country::all().len(), 249);
        assert!(Country::all().is_sorted_by(|a, b| a.alpha2() < b.alpha2()));
        let alpha3: BTreeSet<_> = Country::all().map(Country::alpha3).collect();
        let numbers: BTreeSet<_> = Country::all().map(Country::number).collect();
        assert_eq!((alpha3.len(), numbers.len()), (249, 249));
        let is_code = |code: &str, length| code.len() == length && code.bytes().all(|byte| byte.is_ascii_uppercase());
        assert!(Country::all().all(|country| is_code(country.alpha2(), 2) && is_code(country.alpha3(), 3)));
    }

    #[test]
    fn every_country_is_found_by_each_of_its_codes() {
        for country in Country::all() {
            assert_eq!(country.to_string().parse(), Ok(country));
            assert_eq!(Country::from_alpha3(country.alpha3()), Some(country));
            assert_eq!(Country::from_number(country.number()), Some(country));
        }
        assert_eq!((Country::from_alpha3("XKX"), Country::from_number(0)), (None, None));
    }

    #[test]
    fn known_entries_are_as_the_standard_has_them() {
        let cases = [
            ("AT", "AUT", 40, "Austria"),
            ("NA", "NAM", 516, "Namibia"),
            ("TR", "TUR", 792, "Türkiye"),
            ("MK", "MKD", 807, "North Macedonia"),
            ("SZ", "SWZ", 748, "Eswatini"),
        ];
        for (alpha2, alpha3, number, name) in cases {
            let country: Country = alpha2.parse().unwrap();
            assert_eq!((country.alpha3(), country.number(), country.name()), (alpha3, number, name));
        }
    }

    #[test]
    fn other_texts_are_refused_with_a_hint() {
        let cases = [
            ("UK", Some("GB")),
            ("at", Some("AT")),
            ("AUT", Some("AT")),
            ("Austria", Some("AT")),
            ("australia", Some("AU")),
            ("Germny", Some("DE")),
            ("USA", Some("US")),
            ("XK", None),
            ("Atlantis", None),
            ("", None),
        ];
        for (given, expected) in cases {
            let WordError::UnknownCode { what, meant, .. } = given.parse::<Country>().unwrap_err() else {
                panic!("{given} has another error");
            };
            assert_eq!((what, meant.as_deref()), ("country", expected), "{given}");
        }
    }

    #[test]
    fn serde_is_alpha2() {
        let country: Country = serde_json::from_str(r#""DE""#).unwrap();
        assert_eq!((country.name(), serde_json::to_string(&country).unwrap()), ("Germany", r#""DE""#.to_owned()));
        assert!(serde_json::from_str::<Country>(r#""DEU""#).is_err());
    }
}
