//! Days of the Gregorian calendar as one number.
//!
//! *Absent on purpose*: time zones and the present day; every date of the generated data is a constant or drawn.

/// Days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(i32);

/// A day as people write it; months and days count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i32,
    pub(crate) month: i32,
    pub(crate) day: i32,
}

impl Day {
    /// From year, month and day: H. Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`.
    pub(crate) const fn of(year: i32, month: i32, day: i32) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    /// Back again: `civil_from_days` of the same source.
    pub(crate) const fn civil(self) -> Civil {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Civil { year: year_of_era + era * 400 + (if month <= 2 { 1 } else { 0 }), month, day }
    }

    /// The day so many days later.
    pub(crate) const fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// Days until a later day; 0 when it is not later.
    pub(crate) fn days_to(self, later: Self) -> u32 {
        u32::try_from(later.0 - self.0).unwrap_or(0)
    }

    /// 0 is Monday, 6 is Sunday.
    pub(crate) const fn weekday(self) -> i32 {
        (self.0 + 3).rem_euclid(7)
    }

    /// `1975-04-03`.
    pub(crate) fn iso(self) -> String {
        let Civil { year, month, day } = self.civil();
        format!("{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        let cases = [(1970, 1, 1, 0, 3), (2000, 2, 29, 11_016, 1), (2010, 12, 1, 14_944, 2), (1969, 12, 31, -1, 2)];
        for (year, month, day, number, weekday) in cases {
            assert_eq!(Day::of(year, month, day), Day(number), "{year}-{month}-{day}");
            assert_eq!(Day(number).civil(), Civil { year, month, day });
            assert_eq!(Day(number).weekday(), weekday, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn there_and_back_over_a_century() {
        for number in -10_000..30_000 {
            let Civil { year, month, day } = Day(number).civil();
            assert_eq!(Day::of(year, month, day), Day(number));
        }
    }
}
