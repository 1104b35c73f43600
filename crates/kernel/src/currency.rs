//! Currencies of ISO 4217. The table is in `currency_table`.
//!
//! Absent on purpose: symbols and local names, which belong to the display; exchange rates.

use std::{fmt, str::FromStr};

use crate::{
    currency_table::{CURRENCIES, CurrencyRow},
    word::{WordError, meant, shown, text_serde},
};

/// A currency that has a minor unit. Text form: the three letters. Sorted by them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(u8);

impl Currency {
    /// Euro.
    pub const EUR: Self = Self::listed("EUR");
    /// Pound sterling.
    pub const GBP: Self = Self::listed("GBP");
    /// Yen, which has no digits after the point.
    pub const JPY: Self = Self::listed("JPY");
    /// US dollar.
    pub const USD: Self = Self::listed("USD");

    /// All of them, sorted by code.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
        (0..=u8::MAX).zip(&CURRENCIES).map(|(index, _)| Self(index))
    }

    /// Three capital letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// The standard's number, 1 to 999; written with three digits.
    #[must_use]
    pub fn number(self) -> u16 {
        self.row().1
    }

    /// How many digits stand after the point: 2 where 100 minor units make one unit. 0 to 4.
    #[must_use]
    pub fn minor_digits(self) -> u8 {
        self.row().2
    }

    /// The standard's English name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().3
    }

    fn row(self) -> &'static CurrencyRow {
        &CURRENCIES[usize::from(self.0)]
    }

    /// Found while compiling: a code that is not in the table does not build.
    const fn listed(code: &str) -> Self {
        let code = code.as_bytes();
        let mut index = 0_u8;
        loop {
            let row = CURRENCIES[index as usize].0.as_bytes();
            if row[0] == code[0] && row[1] == code[1] && row[2] == code[2] {
                return Self(index);
            }
            index += 1;
        }
    }
}

impl FromStr for Currency {
    type Err = WordError;

    /// Reads the three capital letters, and nothing else.
    ///
    /// # Errors
    /// [`WordError::UnknownCode`].
    fn from_str(given: &str) -> Result<Self, WordError> {
        let found = CURRENCIES.binary_search_by(|row| row.0.cmp(given)).ok().and_then(|index| index.try_into().ok());
        found.map(Self).ok_or_else(|| WordError::UnknownCode {
            what: "currency",
            given: shown(given),
            meant: meant(given, CURRENCIES.iter().map(|row| (row.0, [row.0], row.3))),
        })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

text_serde!(Currency);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_the_standards_of_february_2026() {
        // List one has 178 codes, 13 of them without a minor unit. Bulgaria left in January 2026.
        assert_eq!(Currency::all().len(), 178 - 13);
        let count = |digits| Currency::all().filter(|currency| currency.minor_digits() == digits).count();
        assert_eq!([0, 1, 2, 3, 4].map(count), [17, 0, 139, 7, 2]);
        assert!(Currency::all().is_sorted_by(|a, b| a.code() < b.code()));
        assert_eq!(Currency::all().map(Currency::number).collect::<BTreeSet<_>>().len(), CURRENCIES.len());
    }

    #[test]
    fn known_entries_are_as_the_standard_has_them() {
        let cases = [
            (Currency::EUR, "EUR", 978, 2, "Euro"),
            (Currency::GBP, "GBP", 826, 2, "Pound Sterling"),
            (Currency::JPY, "JPY", 392, 0, "Yen"),
            (Currency::USD, "USD", 840, 2, "US Dollar"),
            ("BHD".parse().unwrap(), "BHD", 48, 3, "Bahraini Dinar"),
            ("CLF".parse().unwrap(), "CLF", 990, 4, "Unidad de Fomento"),
        ];
        for (currency, code, number, digits, name) in cases {
            let found = (currency.code(), currency.number(), currency.minor_digits(), currency.name());
            assert_eq!(found, (code, number, digits, name));
        }
    }

    #[test]
    fn every_code_reads_back_and_others_are_refused_with_a_hint() {
        for currency in Currency::all() {
            assert_eq!(currency.to_string().parse(), Ok(currency));
        }
        let cases = [
            ("eur", Some("EUR")),
            (" USD ", Some("USD")),
            ("yen", Some("JPY")),
            ("Swiss Frank", Some("CHF")),
            ("BGN", None),
            ("XAU", None),
            ("€", None),
            ("", None),
        ];
        for (given, expected) in cases {
            let WordError::UnknownCode { what, given: said, meant } = given.parse::<Currency>().unwrap_err() else {
                panic!("{given} has another error");
            };
            assert_eq!((what, said.as_str(), meant.as_deref()), ("currency", given, expected));
        }
    }

    #[test]
    fn serde_is_the_code() {
        assert_eq!(serde_json::to_string(&Currency::EUR).unwrap(), r#""EUR""#);
        assert_eq!(serde_json::from_str::<Currency>(r#""JPY""#).unwrap(), Currency::JPY);
        let refusal = serde_json::from_str::<Currency>(r#""jpy""#).unwrap_err().to_string();
        assert!(refusal.starts_with("could not read `jpy` as a currency"), "{refusal}");
    }
}
