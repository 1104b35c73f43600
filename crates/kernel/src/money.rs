//! Exact amounts of one currency.
//!
//! Invariants: whole minor units in 64 bits, never a float; no arithmetic across currencies; what does not fit is an
//! error; shares add up to the whole. Absent on purpose: operators such as `+`, which could not refuse, and conversion
//! between currencies, whose rates have a source and a date.

use std::{cmp::Ordering, fmt, str::FromStr};

use crate::{
    Currency,
    word::{WordError, shown, text_serde},
};

/// An amount. Text form: `12.50 EUR`, with exactly the digits of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// An amount in minor units: 1250 is 12.50 EUR, and 1250 JPY.
    #[must_use]
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing of a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::from_minor(0, currency)
    }

    /// In minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// What it is counted in.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The sum.
    ///
    /// # Errors
    /// [`WordError::MixedCurrencies`], [`WordError::OutOfRange`].
    pub fn plus(self, other: Self) -> Result<Self, WordError> {
        self.same_currency(other)?;
        self.made(i128::from(self.minor) + i128::from(other.minor))
    }

    /// The difference.
    ///
    /// # Errors
    /// [`WordError::MixedCurrencies`], [`WordError::OutOfRange`].
    pub fn minus(self, other: Self) -> Result<Self, WordError> {
        self.same_currency(other)?;
        self.made(i128::from(self.minor) - i128::from(other.minor))
    }

    /// So many of it.
    ///
    /// # Errors
    /// [`WordError::OutOfRange`].
    pub fn times(self, count: i64) -> Result<Self, WordError> {
        self.made(i128::from(self.minor) * i128::from(count))
    }

    /// `numerator / denominator` of it, rounded to a minor unit; a half goes to the even neighbour (IEEE 754,
    /// `roundTiesToEven`), so that many roundings do not drift.
    ///
    /// # Errors
    /// [`WordError::OutOfRange`], also where the denominator is zero.
    pub fn ratio_half_even(self, numerator: i64, denominator: i64) -> Result<Self, WordError> {
        if denominator == 0 {
            return Err(WordError::OutOfRange { currency: self.currency });
        }
        let sign = i128::from(denominator.signum());
        let product = i128::from(self.minor) * i128::from(numerator) * sign;
        self.made(divide_half_even(product, i128::from(denominator) * sign))
    }

    /// The sum of many amounts; zero of `currency` where there are none.
    ///
    /// # Errors
    /// [`WordError::MixedCurrencies`], [`WordError::OutOfRange`] for the sum, whatever the order.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, WordError> {
        let zero = Self::zero(currency);
        // 2^64 amounts fit into 128 bits, so that only the end can be out of range.
        let mut total = 0_i128;
        for amount in amounts {
            zero.same_currency(amount)?;
            total += i128::from(amount.minor);
        }
        zero.made(total)
    }

    /// Shares in proportion to `weights`, in their order, which add up to the whole. Each is its exact share rounded
    /// towards zero; the minor units left over go one by one to the largest remainders, the earlier of equal ones first
    /// (Hamilton's method). A weight of zero gets nothing.
    ///
    /// # Errors
    /// [`WordError::NoWeight`].
    pub fn allocate(self, weights: &[u32]) -> Result<Vec<Self>, WordError> {
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        if total == 0 {
            return Err(WordError::NoWeight { currency: self.currency });
        }
        let whole = u128::from(self.minor.unsigned_abs());
        let exact = |weight: &u32| whole * u128::from(*weight);
        let mut shares: Vec<u128> = weights.iter().map(|weight| exact(weight) / total).collect();
        let left_over = whole - shares.iter().sum::<u128>();
        let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
        by_remainder.sort_by_key(|&at| std::cmp::Reverse(exact(&weights[at]) % total));
        // Fewer units are left than shares have a remainder, so none without one is reached.
        for (at, _) in by_remainder.into_iter().zip(0..left_over) {
            shares[at] += 1;
        }
        let sign = i128::from(self.minor.signum());
        shares.into_iter().map(|share| self.made(sign * i128::try_from(share).unwrap_or(i128::MAX))).collect()
    }

    fn same_currency(self, other: Self) -> Result<(), WordError> {
        let (left, right) = (self.currency, other.currency);
        if left == right { Ok(()) } else { Err(WordError::MixedCurrencies { left, right }) }
    }

    fn made(self, minor: i128) -> Result<Self, WordError> {
        let currency = self.currency;
        i64::try_from(minor).map(|minor| Self { minor, currency }).map_err(|_| WordError::OutOfRange { currency })
    }
}

/// `numerator / denominator` to the nearest whole number, halves to the even one. The denominator is above zero.
fn divide_half_even(numerator: i128, denominator: i128) -> i128 {
    let (floor, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    let up = match rest.cmp(&(denominator - rest)) {
        Ordering::Less => false,
        Ordering::Equal => floor % 2 != 0,
        Ordering::Greater => true,
    };
    floor + i128::from(up)
}

impl PartialOrd for Money {
    /// By amount; `None` across currencies.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.minor.cmp(&other.minor))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.currency.minor_digits());
        let text = format!("{:0width$}", self.minor.unsigned_abs(), width = digits + 1);
        let (units, minor) = text.split_at(text.len() - digits);
        let sign = if self.minor < 0 { "-" } else { "" };
        let point = if minor.is_empty() { "" } else { "." };
        f.pad(&format!("{sign}{units}{point}{minor} {}", self.currency))
    }
}

impl FromStr for Money {
    type Err = WordError;

    /// Reads `-12.50 EUR`: digits, perhaps a point and at most the currency's digits after it, one blank, the code.
    /// Nothing is rounded: a digit too many is refused.
    ///
    /// # Errors
    /// [`WordError::BadAmount`]; [`WordError::UnknownCode`] for the currency; [`WordError::OutOfRange`].
    fn from_str(given: &str) -> Result<Self, WordError> {
        let bad = |why| WordError::BadAmount { given: shown(given), why };
        let (number, currency) = given.split_once(' ').ok_or_else(|| bad("the currency is missing"))?;
        let currency: Currency = currency.parse()?;
        let (sign, unsigned) = number.strip_prefix('-').map_or((1, number), |rest| (-1, rest));
        let (units, minor) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(bad("a digit is missing after the point")),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        if units.is_empty() {
            return Err(bad("a digit is missing before the point"));
        }
        if !units.bytes().chain(minor.bytes()).all(|byte| byte.is_ascii_digit()) {
            return Err(bad("only digits, one point and a leading minus are understood"));
        }
        let digits = usize::from(currency.minor_digits());
        if minor.len() > digits {
            return Err(bad("there are more digits after the point than the currency has"));
        }
        let zero = Self::zero(currency);
        let magnitude: i128 =
            format!("{units}{minor:0<digits$}").parse().map_err(|_| WordError::OutOfRange { currency })?;
        zero.made(sign * magnitude)
    }
}

text_serde!(Money);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency() -> impl Strategy<Value = Currency> {
        prop::sample::select(Currency::all().collect::<Vec<_>>())
    }

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    #[test]
    fn amounts_print_and_read_with_the_digits_of_their_currency() {
        let cases = [
            (1_250, "EUR", "12.50 EUR"),
            (-5, "EUR", "-0.05 EUR"),
            (0, "EUR", "0.00 EUR"),
            (1_250, "JPY", "1250 JPY"),
            (0, "JPY", "0 JPY"),
            (-1, "BHD", "-0.001 BHD"),
            (12_345, "CLF", "1.2345 CLF"),
            (i64::MIN, "USD", "-92233720368547758.08 USD"),
            (i64::MAX, "USD", "92233720368547758.07 USD"),
        ];
        for (minor, currency, text) in cases {
            let money = Money::from_minor(minor, currency.parse().unwrap());
            assert_eq!((money.to_string().as_str(), text.parse()), (text, Ok(money)));
        }
    }

    #[test]
    fn fewer_digits_are_read_and_never_rounded() {
        for (text, minor) in [("12 EUR", 1_200), ("12.5 EUR", 1_250), ("-0 EUR", 0), ("007 EUR", 700)] {
            assert_eq!(text.parse(), Ok(eur(minor)));
        }
        let digits = "there are more digits after the point than the currency has";
        let signs = "only digits, one point and a leading minus are understood";
        let cases = [
            ("12.50", "the currency is missing"),
            ("12.500 EUR", digits),
            ("1.0 JPY", digits),
            ("12. EUR", "a digit is missing after the point"),
            (".5 EUR", "a digit is missing before the point"),
            ("- EUR", "a digit is missing before the point"),
            ("+1 EUR", signs),
            ("--1 EUR", signs),
            ("1,000 EUR", signs),
            ("1.2.3 EUR", signs),
            ("1e3 EUR", signs),
            ("１ EUR", signs),
        ];
        for (given, why) in cases {
            assert_eq!(given.parse::<Money>(), Err(WordError::BadAmount { given: given.to_owned(), why }));
        }
        let currency = Currency::USD;
        for given in ["92233720368547758.08 USD", &format!("{} USD", "9".repeat(60))] {
            assert_eq!(given.parse::<Money>(), Err(WordError::OutOfRange { currency }), "{given}");
        }
        assert!(matches!("1 eur".parse::<Money>(), Err(WordError::UnknownCode { .. })));
        assert!(matches!("1  EUR".parse::<Money>(), Err(WordError::UnknownCode { .. })));
    }

    #[test]
    fn currencies_do_not_mix_and_results_that_do_not_fit_are_refused() {
        let (one, yen) = (eur(1), Money::from_minor(1, Currency::JPY));
        let mixed = WordError::MixedCurrencies { left: Currency::EUR, right: Currency::JPY };
        let wide = WordError::OutOfRange { currency: Currency::EUR };
        assert_eq!((one.plus(yen), one.minus(yen)), (Err(mixed.clone()), Err(mixed.clone())));
        assert_eq!(Money::sum(Currency::EUR, [one, yen]), Err(mixed));
        assert_eq!(one.partial_cmp(&yen), None);
        assert!(eur(-1) < one && one > Money::zero(Currency::EUR));
        assert_eq!((eur(i64::MAX).plus(one), eur(i64::MIN).minus(one)), (Err(wide.clone()), Err(wide.clone())));
        assert_eq!((eur(i64::MIN).times(-1), one.ratio_half_even(1, 0)), (Err(wide.clone()), Err(wide)));
        assert_eq!(Money::sum(Currency::EUR, [eur(i64::MAX), one, eur(-1)]), Ok(eur(i64::MAX)));
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let cases = [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2), (2, 1), (-2, -1)];
        for (minor, half) in cases {
            assert_eq!(eur(minor).ratio_half_even(1, 2), Ok(eur(half)), "{minor} / 2");
            assert_eq!(eur(minor).ratio_half_even(-1, -2), Ok(eur(half)), "{minor} / 2, signs turned");
        }
        let tax = [(1_999, 380), (1_000, 190), (50, 10), (150, 28), (250, 48), (-250, -48)];
        for (net, expected) in tax {
            assert_eq!(eur(net).ratio_half_even(19, 100), Ok(eur(expected)), "19 % of {net}");
        }
    }

    #[test]
    fn left_over_cents_go_to_the_largest_remainders() {
        let cases: [(i64, &[u32], &[i64]); 6] = [
            (100, &[1, 1, 1], &[34, 33, 33]),
            (-100, &[1, 1, 1], &[-34, -33, -33]),
            (5, &[3, 7], &[2, 3]),
            (1, &[0, 1, 0], &[0, 1, 0]),
            (10, &[1, 2, 3], &[2, 3, 5]),
            (0, &[1, 2], &[0, 0]),
        ];
        for (minor, weights, expected) in cases {
            let shares = eur(minor).allocate(weights).unwrap();
            assert_eq!(shares.into_iter().map(Money::minor).collect::<Vec<_>>(), expected, "{minor} by {weights:?}");
        }
        let nothing = Err(WordError::NoWeight { currency: Currency::EUR });
        assert_eq!((eur(1).allocate(&[]), eur(1).allocate(&[0, 0])), (nothing.clone(), nothing));
    }

    proptest! {
        #[test]
        fn text_and_serde_read_back(minor: i64, currency in currency()) {
            let money = Money::from_minor(minor, currency);
            prop_assert_eq!(money.to_string().parse(), Ok(money));
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[-+0-9. ]{0,12}( EUR| JPY)?|.*") {
            if let Ok(money) = text.parse::<Money>() {
                prop_assert_eq!(money.to_string().parse(), Ok(money));
            }
        }

        #[test]
        fn shares_add_up_and_are_within_a_minor_unit_of_exact(minor: i64, weights in prop::collection::vec(any::<u32>(), 1..20)) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let shares = eur(minor).allocate(&weights).unwrap();
            prop_assert_eq!(Money::sum(Currency::EUR, shares.iter().copied()), Ok(eur(minor)));
            let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            for (share, weight) in shares.iter().zip(&weights) {
                let error = i128::from(share.minor()) * total - i128::from(minor) * i128::from(*weight);
                prop_assert!(error.abs() < total);
            }
        }

        #[test]
        fn a_ratio_is_within_half_a_minor_unit(minor in -1_000_000_i64..1_000_000, up in -1_000_i64..1_000, down in 1_i64..1_000) {
            let twice = 2 * (eur(minor).ratio_half_even(up, down).unwrap().minor() * down - minor * up);
            prop_assert!(twice.abs() <= down);
            if twice.abs() == down {
                prop_assert_eq!(eur(minor).ratio_half_even(up, down).unwrap().minor() % 2, 0);
            }
        }
    }
}
