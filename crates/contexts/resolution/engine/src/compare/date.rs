//! Days of the calendar as parts, for comparison: a mistyped date keeps most of its parts.

/// A day whose parts are plausible; the day of the month is not checked against the month, as typists do not either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Of the common era.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Day {
    /// Reads `YYYY-MM-DD` or `YYYYMMDD`; `None` for anything else and for parts out of range.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
        if digits.len() != 8 || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let number = |range: std::ops::Range<usize>| {
            digits[range].iter().fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'))
        };
        let (year, month, day) = (number(0..4), number(4..6), number(6..8));
        let plausible = (1..=12).contains(&month) && (1..=31).contains(&day);
        plausible.then(|| Self { year, month: u8::try_from(month).unwrap_or(0), day: u8::try_from(day).unwrap_or(0) })
    }

    /// Whether the other is this one with day and month swapped.
    #[must_use]
    pub fn is_swapped(self, other: Self) -> bool {
        self.year == other.year && self.month == other.day && self.day == other.month
    }

    /// Whether exactly two or all of year, month and day are the same.
    #[must_use]
    pub fn shares_two(self, other: Self) -> bool {
        let same = [self.year == other.year, self.month == other.month, self.day == other.day];
        same.iter().filter(|same| **same).count() >= 2
    }

    /// Days between two days.
    #[must_use]
    pub fn days_from(self, other: Self) -> u32 {
        self.number().abs_diff(other.number())
    }

    /// Days since the first of March of the year 0, as H. Hinnant, *chrono-compatible low-level date algorithms*.
    fn number(self) -> i32 {
        let (month, day) = (i32::from(self.month), i32::from(self.day));
        let year = i32::from(self.year) - i32::from(month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_and_compared() {
        let day = |text| Day::parse(text).expect("a day");
        assert_eq!(day("1971-06-24"), day("19710624"));
        assert!(Day::parse("1856-86-18").is_none() && Day::parse("x").is_none());
        assert!(day("1971-06-04").is_swapped(day("1971-04-06")));
        assert!(day("1971-06-24").shares_two(day("1971-05-24")) && !day("1971-06-24").shares_two(day("1972-05-24")));
        assert_eq!(day("1972-03-01").days_from(day("1972-02-28")), 2);
        assert_eq!(day("1999-12-31").days_from(day("2000-01-01")), 1);
    }
}
