//! When the shop sells: closed on Saturdays and over the new year, busiest before Christmas.
//!
//! The shares of months, weekdays and hours are those of the public Online Retail data set (Chen 2015,
//! doi 10.24432/C5BW33, CC BY 4.0), counted and rounded.

use crate::{civil::Day, dice::Dice};

/// A stretch of days; both ends belong to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Period {
    pub(crate) first: Day,
    pub(crate) last: Day,
}

/// The days of `sales.csv`.
pub(crate) const YEAR: Period = Period { first: Day::of(2010, 12, 1), last: Day::of(2011, 11, 30) };
/// The days of `sales_latin1.csv`.
pub(crate) const LATER_MONTH: Period = Period { first: Day::of(2011, 12, 1), last: Day::of(2011, 12, 31) };

/// Lines by month, January first, in thousands.
const MONTH_WEIGHTS: [u64; 12] = [35, 28, 37, 30, 37, 37, 40, 35, 50, 61, 85, 56];
/// Invoices by weekday, Monday first, in hundreds.
const WEEKDAY_WEIGHTS: [u64; 7] = [41, 47, 48, 57, 42, 0, 24];
/// Lines by hour of the day.
const HOURS: [(u32, u32); 13] = [
    (4, 7),
    (89, 8),
    (343, 9),
    (490, 10),
    (577, 11),
    (787, 12),
    (723, 13),
    (675, 14),
    (775, 15),
    (545, 16),
    (285, 17),
    (80, 18),
    (37, 19),
];

impl Period {
    /// Every day of the period with its number of invoices, which add up to `invoices`.
    pub(crate) fn days(self, invoices: u64) -> Vec<(Day, u64)> {
        let days = (0..).map(|offset| self.first.plus(offset)).take_while(|day| *day <= self.last);
        let weighted: Vec<(Day, u64)> = days.map(|day| (day, weight(day))).collect();
        let total: u64 = weighted.iter().map(|(_, weight)| weight).sum();
        let mut passed = 0;
        let spread = weighted.into_iter().map(|(day, weight)| {
            let before = invoices * passed / total;
            passed += weight;
            (day, invoices * passed / total - before)
        });
        spread.collect()
    }
}

fn weight(day: Day) -> u64 {
    let civil = day.civil();
    let closed = matches!((civil.month, civil.day), (12, 24..=31) | (1, 1..=3));
    let month = usize::try_from(civil.month - 1).unwrap_or(0);
    let weekday = usize::try_from(day.weekday()).unwrap_or(0);
    if closed { 0 } else { MONTH_WEIGHTS[month] * WEEKDAY_WEIGHTS[weekday] }
}

/// A minute of the day, counted from midnight.
pub(crate) fn minute(dice: &mut Dice) -> u32 {
    dice.weighted(&HOURS) * 60 + dice.below(60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_invoices_are_spread_and_saturdays_are_free() {
        for invoices in [1, 2, 100, 44_000] {
            let days = YEAR.days(invoices);
            assert_eq!(days.len(), 365);
            assert_eq!(days.iter().map(|(_, count)| count).sum::<u64>(), invoices);
            assert!(days.iter().all(|(day, count)| day.weekday() != 5 || *count == 0));
        }
        let days = YEAR.days(44_000);
        let month =
            |number| days.iter().filter(|(day, _)| day.civil().month == number).map(|(_, count)| count).sum::<u64>();
        assert!(month(11) > 2 * month(2), "{} {}", month(11), month(2));
    }
}
