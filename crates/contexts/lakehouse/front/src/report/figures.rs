//! Numbers in the form that people read: counts, shares, sizes, times. Whole-number arithmetic throughout, so that a
//! page does not depend on how a machine rounds.

use kernel::Timestamp;

/// Hundredths of a percent in a whole.
pub(super) const WHOLE: u32 = 10_000;

/// `541,909`.
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 file`, `2 files`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(count))
}

/// A length of a list as a number.
pub(super) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Hundredths of a percent, rounded down; 0 of 0 is 0.
pub(super) fn hundredths(part: u64, whole: u64) -> u32 {
    if whole == 0 {
        return 0;
    }
    let exact = u128::from(part.min(whole)) * u128::from(WHOLE) / u128::from(whole);
    u32::try_from(exact).unwrap_or(WHOLE)
}

/// Parts of their sum in hundredths of a percent, which add up to exactly 100 %: what rounding down leaves over goes to
/// the largest remainders (Hamilton's method). All zero when the sum is.
pub(super) fn shares(parts: &[u64]) -> Vec<u32> {
    let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
    if sum == 0 {
        return vec![0; parts.len()];
    }
    let scaled = |part: &u64| u128::from(*part) * u128::from(WHOLE);
    let mut shares: Vec<u32> = parts.iter().map(|part| u32::try_from(scaled(part) / sum).unwrap_or(WHOLE)).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(scaled(&parts[*index]) % sum));
    let missing = WHOLE.saturating_sub(shares.iter().sum());
    for index in order.into_iter().take(missing as usize) {
        shares[index] += 1;
    }
    shares
}

/// `98.56%`. Never rounds to nothing or to all: `<0.01%`, `>99.99%`.
pub(super) fn percent(part: u64, whole: u64) -> String {
    match hundredths(part, whole) {
        0 if part > 0 => "&lt;0.01%".to_owned(),
        0 => "0%".to_owned(),
        WHOLE => "100%".to_owned(),
        exact if exact % 100 == 0 => format!("{}%", exact / 100),
        exact => format!("{}.{:02}%", exact / 100, exact % 100),
    }
}

/// `45.6 MB`; units of a thousand.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} B"),
    }
}

/// `412 ms`, `3.42 s`, `2 min 05 s`, `1 h 02 min`.
pub(super) fn duration(millis: u64) -> String {
    let seconds = millis / 1_000;
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{seconds}.{:02} s", millis % 1_000 / 10),
        60_000..3_600_000 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// `2025-11-21 09:12:30 UTC` as a `<time>` element.
pub(super) fn moment(at: Timestamp) -> String {
    let exact = at.to_string();
    match (exact.get(..10), exact.get(11..19)) {
        (Some(day), Some(time)) => format!(r#"<time datetime="{exact}">{day} {time} UTC</time>"#),
        _ => exact,
    }
}
