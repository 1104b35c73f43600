//! Numbers as people read them.

use std::fmt::Display;

const MILLIS_PER_SECOND: u64 = 1_000;
const MILLIS_PER_MINUTE: u64 = 60_000;

/// A whole number with thousands separators.
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// A number in digits, its whole part with thousands separators; any other text as it is.
pub fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.find('.').map_or((digits, ""), |at| digits.split_at(at));
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut grouped = String::with_capacity(text.len() + text.len() / 3);
    grouped.push_str(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

/// `1 row`, `2 rows`.
pub fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A size in powers of ten, as disks are sold and `du -H` prints.
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if size < 1_000 {
        return format!("{size} B");
    }
    let mut scaled = as_float(size) / 1_000.0;
    let mut unit = 0;
    while scaled >= 999.95 && unit + 1 < UNITS.len() {
        scaled /= 1_000.0;
        unit += 1;
    }
    format!("{scaled:.1} {}", UNITS[unit])
}

/// A duration in the unit that gives three digits or so.
pub fn millis(millis: u64) -> String {
    match millis {
        0..MILLIS_PER_SECOND => format!("{millis} ms"),
        MILLIS_PER_SECOND..MILLIS_PER_MINUTE => format!("{:.2} s", as_float(millis) / as_float(MILLIS_PER_SECOND)),
        _ => format!("{} min {:02} s", millis / MILLIS_PER_MINUTE, millis % MILLIS_PER_MINUTE / MILLIS_PER_SECOND),
    }
}

/// A share from 0 to 1 in per cent; never 0 or 100 unless it is.
pub fn share(part: f64) -> String {
    let percent = part * 100.0;
    if part > 0.0 && percent < 0.1 {
        "<0.1 %".to_owned()
    } else if part < 1.0 && percent >= 99.95 {
        ">99.9 %".to_owned()
    } else {
        let text = format!("{percent:.1}");
        format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
    }
}

/// The share of a part in a whole; 0 of nothing is 0.
pub fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { as_float(part) / as_float(whole) }
}

/// An RFC 3339 time in UTC, to the second, without the letters.
pub fn moment(time: &impl Display) -> String {
    time.to_string().chars().take("2026-01-01T00:00:00".len()).collect::<String>().replace('T', " ")
}

#[expect(clippy::cast_precision_loss, reason = "only shown, with at most four digits")]
fn as_float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_grouped_by_three() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (541_909, "541,909"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(count(number), text);
        }
        let texts = [("-1234.5678", "-1,234.5678"), ("12", "12"), ("n/a", "n/a"), ("", ""), ("-", "-")];
        for (given, text) in texts {
            assert_eq!(grouped(given), text);
        }
    }

    #[test]
    fn sizes_change_their_unit_before_they_have_four_digits() {
        let cases =
            [(999, "999 B"), (1_000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"), (5_900_000_000, "5.9 GB")];
        for (size, text) in cases {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn durations_and_shares_keep_what_matters() {
        for (given, text) in [(0, "0 ms"), (999, "999 ms"), (1_320, "1.32 s"), (125_000, "2 min 05 s")] {
            assert_eq!(millis(given), text);
        }
        for (given, text) in [(0.0, "0 %"), (0.000_1, "<0.1 %"), (0.25, "25 %"), (0.999_9, ">99.9 %"), (1.0, "100 %")] {
            assert_eq!(share(given), text);
        }
    }
}
