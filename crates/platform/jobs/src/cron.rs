//! Five fields of cron, in UTC.
//!
//! Minute, hour, day of month, month, weekday (0 or 7 is Sunday): `*`, numbers, names of months and weekdays, ranges, lists
//! and steps. When both days are restricted, either will do, as POSIX says of crontab. Absent on purpose: seconds, `@daily`,
//! `L`, `#`, and time zones: a day that has 23 hours would make "once a day" a question.

use std::{fmt, str::FromStr};

use kernel::Timestamp;

use crate::JobError;

const MINUTE: i64 = 60_000_000;
const DAY_MINUTES: i64 = 1_440;
/// Days to look ahead: 29 February is at most eight years away (1896 to 1904 and 2096 to 2104).
const DAYS_AHEAD: i64 = 8 * 366;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// When something happens again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    /// A bit for each minute, and so on.
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    either_day: bool,
}

impl Cron {
    /// The first moment after this one; `None` for a day that never comes, such as 30 February.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let first = after.0.div_euclid(MINUTE) + 1;
        let (today, mut from) = (first.div_euclid(DAY_MINUTES), first.rem_euclid(DAY_MINUTES));
        for day in today..=today + DAYS_AHEAD {
            if self.has_day(day)
                && let Some(minute) = (from..DAY_MINUTES).find(|minute| self.has_minute(*minute))
            {
                return Some(Timestamp((day * DAY_MINUTES + minute) * MINUTE));
            }
            from = 0;
        }
        None
    }

    fn has_minute(&self, minute: i64) -> bool {
        has(self.hours, minute / 60) && has(self.minutes, minute % 60)
    }

    fn has_day(&self, day: i64) -> bool {
        let (month, of_month) = month_and_day(day);
        // 1 January 1970 was a Thursday.
        let (of_month, weekday) = (has(self.days, of_month), has(self.weekdays, (day + 4).rem_euclid(7)));
        has(self.months, month) && if self.either_day { of_month || weekday } else { of_month && weekday }
    }
}

fn has(bits: u64, number: i64) -> bool {
    u32::try_from(number).is_ok_and(|number| bits.checked_shr(number).unwrap_or(0) & 1 == 1)
}

/// Of a day counted from 1970-01-01. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days`.
fn month_and_day(day: i64) -> (i64, i64) {
    let of_era = (day + 719_468).rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    (if shifted < 10 { shifted + 3 } else { shifted - 9 }, of_year - (153 * shifted + 2) / 5 + 1)
}

impl FromStr for Cron {
    type Err = JobError;

    /// Reads five fields.
    ///
    /// # Errors
    /// [`JobError::BadCron`].
    fn from_str(given: &str) -> Result<Self, JobError> {
        let bad = |why| JobError::BadCron { given: given.chars().take(60).collect(), why };
        let fields: Vec<&str> = given.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else { return Err(bad("it has not five fields")) };
        let weekday_bits = field(weekdays, (0, 7), &WEEKDAYS).map_err(bad)?;
        Ok(Self {
            text: fields.join(" "),
            minutes: field(minutes, (0, 59), &[]).map_err(bad)?,
            hours: field(hours, (0, 23), &[]).map_err(bad)?,
            days: field(days, (1, 31), &[]).map_err(bad)?,
            months: field(months, (1, 12), &MONTHS).map_err(bad)?,
            weekdays: weekday_bits | (weekday_bits >> 7 & 1),
            either_day: !days.starts_with('*') && !weekdays.starts_with('*'),
        })
    }
}

/// The numbers that a field names, as bits.
fn field(text: &str, (low, high): (u32, u32), names: &[&str]) -> Result<u64, &'static str> {
    let number = |text: &str| match names.iter().zip(low..).find(|(name, _)| text.eq_ignore_ascii_case(name)) {
        Some((_, number)) => Ok(number),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().map_err(|_| "a number is missing"),
        None => Err("it has a word that is no number, month or weekday"),
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None if range == "*" => (low, high),
            None if step.is_some() => (number(range)?, high),
            None => (number(range)?, number(range)?),
        };
        let step = step.map_or(Ok(1), |step| step.parse::<u32>().map_err(|_| "a step is no number"))?;
        if first < low || last > high {
            return Err("a number is out of range");
        }
        if first > last || step == 0 {
            return Err("a range or a step is empty");
        }
        bits |= (first..=last).step_by(step as usize).fold(0, |bits, number| bits | 1_u64 << number);
    }
    Ok(bits)
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-02-27 was a Friday: 20,511 days after the epoch.
    const FRIDAY: i64 = 20_511;

    fn at(day: i64, hour: i64, minute: i64) -> Timestamp {
        Timestamp(((FRIDAY + day) * DAY_MINUTES + hour * 60 + minute) * MINUTE)
    }

    fn next(cron: &str, after: Timestamp) -> String {
        let cron: Cron = cron.parse().unwrap();
        cron.next(after).map_or("never".to_owned(), |at| at.to_string()[..16].to_owned())
    }

    #[test]
    fn the_next_moment_comes_after_and_fits_all_fields() {
        let noon = at(0, 12, 0);
        assert!(noon.to_string().starts_with("2026-02-27T12:00"), "{noon}");
        for (cron, expected) in [
            ("* * * * *", "2026-02-27T12:01"),
            ("0 12 * * *", "2026-02-28T12:00"),
            ("*/15 * * * *", "2026-02-27T12:15"),
            ("5/20 * * * *", "2026-02-27T12:05"),
            ("10-30/10 9-17 * * *", "2026-02-27T12:10"),
            ("0 0 1 * *", "2026-03-01T00:00"),
            ("0 4 * * mon-FRI", "2026-03-02T04:00"),
            ("0 4 * * 0", "2026-03-01T04:00"),
            ("0 4 * * 7", "2026-03-01T04:00"),
            ("30 6 29 2 *", "2028-02-29T06:30"),
            ("0 0 30 feb *", "never"),
            ("0 0 13 * 5", "2026-03-06T00:00"),
            ("0 0 */2 * 5", "2026-03-13T00:00"),
            ("59 23 31 12 *", "2026-12-31T23:59"),
            ("0 0,13 * * *", "2026-02-27T13:00"),
        ] {
            assert_eq!(next(cron, noon), expected, "{cron}");
        }
    }

    #[test]
    fn leap_days_across_2100_are_found_and_times_before_the_epoch_too() {
        let after_2096 = Timestamp(3_981_312_000 * 1_000_000);
        assert_eq!(next("0 0 29 2 *", after_2096), "2104-02-29T00:00");
        assert_eq!(next("* * * * *", Timestamp(-1)), "1970-01-01T00:00");
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_the_reason() {
        for (cron, why) in [
            ("* * * *", "it has not five fields"),
            ("60 * * * *", "a number is out of range"),
            ("* * 0 * *", "a number is out of range"),
            ("* * * * 8", "a number is out of range"),
            ("5-1 * * * *", "a range or a step is empty"),
            ("*/0 * * * *", "a range or a step is empty"),
            ("*/x * * * *", "a step is no number"),
            ("1, * * * *", "a number is missing"),
            ("@daily * * * *", "it has a word that is no number, month or weekday"),
            ("99999999999 * * * *", "a number is missing"),
        ] {
            match cron.parse::<Cron>() {
                Err(JobError::BadCron { why: found, .. }) => assert_eq!(found, why, "{cron}"),
                other => panic!("{cron}: {other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[-*/,0-9a-z ]{0,30}") {
            let _ = text.parse::<Cron>();
        }

        #[test]
        fn no_moment_between_is_passed_over(minute in 0..60_i64, hour in 0..24_i64, start in 0_i64..4_000_000_000) {
            let cron: Cron = format!("{minute} {hour} * * *").parse().unwrap();
            let after = Timestamp(start * 1_000_000);
            let next = cron.next(after).unwrap();
            let minutes = next.0 / MINUTE;
            prop_assert!(next > after && next.0 - after.0 <= DAY_MINUTES * MINUTE);
            prop_assert_eq!((minutes % 60, minutes / 60 % 24, next.0 % MINUTE), (minute, hour, 0));
        }
    }
}
