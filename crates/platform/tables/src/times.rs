//! Which formats a date or a moment is written in.
//!
//! A format is a `strftime` text; a value fits it if it can be read with it, numbers with or without leading zeros. Years
//! have four digits. Months by name are English, short or long.

/// Days. `%b` also reads the long names.
const DATE_FORMATS: [&str; 19] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%d.%m.%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %d, %Y",
    "%b %d %Y",
    "%Y-%b-%d",
];
/// What may follow a day, the first with each separator.
const TIME_FORMATS: [&str; 8] =
    ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f", "%H:%M:%S%z", "%H:%M:%S%.f%z", "%H:%M%z", "%I:%M %p", "%I:%M:%S %p"];
const SEPARATORS: [&str; 2] = [" ", "T"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The formats that fit all values so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct TimeFormats {
    fitting: Option<Vec<String>>,
    last: String,
}

impl TimeFormats {
    /// Takes a value into account; `false` once none is left.
    pub(crate) fn add(&mut self, value: &str) -> bool {
        match &mut self.fitting {
            None => self.fitting = Some(formats_of(value)),
            // Sorted tables repeat their dates.
            Some(_) if self.last == value => {}
            Some(fitting) => fitting.retain(|format| fits(value, format)),
        }
        value.clone_into(&mut self.last);
        self.fitting.as_ref().is_some_and(|fitting| !fitting.is_empty())
    }

    /// What is left, the strictest first.
    pub(crate) fn finish(self) -> Vec<String> {
        self.fitting.unwrap_or_default()
    }
}

/// Whether a format has a time of day.
pub(crate) fn has_time(format: &str) -> bool {
    format.contains("%H") || format.contains("%I")
}

/// Whether a value could be a date or a moment at all; cheap.
pub(crate) fn plausible(value: &str) -> bool {
    (6..=40).contains(&value.len())
        && value.bytes().filter(u8::is_ascii_digit).count() >= 3
        && value.bytes().any(|byte| b"-/.: ".contains(&byte))
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/.:, +".contains(&byte))
}

/// Every format that a value fits.
pub(crate) fn formats_of(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !plausible(value) {
        return found;
    }
    for date in DATE_FORMATS {
        let Some(rest) = read(value, date) else { continue };
        if rest.is_empty() {
            found.push(date.to_owned());
        }
        for separator in SEPARATORS {
            let Some(time) = rest.strip_prefix(separator) else { continue };
            let fitting = TIME_FORMATS.iter().filter(|format| read(time, format).is_some_and(str::is_empty));
            found.extend(fitting.map(|format| format!("{date}{separator}{format}")));
        }
    }
    found
}

/// Whether a value is a time of day alone.
pub(crate) fn is_clock(value: &str) -> bool {
    (4..=24).contains(&value.len())
        && value.as_bytes()[..3].contains(&b':')
        && TIME_FORMATS.iter().any(|format| fits(value, format))
}

fn fits(value: &str, format: &str) -> bool {
    read(value, format).is_some_and(str::is_empty)
}

/// What of `value` is left after `format`; `None` if it does not fit.
fn read<'a>(value: &'a str, format: &str) -> Option<&'a str> {
    let mut rest = value;
    let mut signs = format.chars();
    while let Some(sign) = signs.next() {
        if sign != '%' {
            rest = rest.strip_prefix(sign)?;
            continue;
        }
        rest = match signs.next()? {
            'Y' => number(rest, (4, 4), 1..=9999)?,
            'y' => number(rest, (2, 2), 0..=99)?,
            'm' | 'I' => number(rest, (1, 2), 1..=12)?,
            'd' => number(rest, (1, 2), 1..=31)?,
            'H' => number(rest, (1, 2), 0..=23)?,
            'M' => number(rest, (2, 2), 0..=59)?,
            'S' => number(rest, (2, 2), 0..=60)?,
            'b' => month_name(rest)?,
            'p' => rest.get(2..).filter(|_| ["am", "pm"].contains(&rest[..2].to_ascii_lowercase().as_str()))?,
            'z' => zone(rest)?,
            '.' => {
                signs.next();
                fraction(rest)?
            }
            _ => return None,
        };
    }
    Some(rest)
}

fn number(text: &str, (least, most): (usize, usize), range: std::ops::RangeInclusive<u32>) -> Option<&str> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let value: u32 = text[..digits].parse().ok()?;
    (digits >= least && range.contains(&value)).then(|| &text[digits..])
}

fn month_name(text: &str) -> Option<&str> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let word = text[..letters].to_ascii_lowercase();
    let known = MONTHS.iter().any(|month| *month == word || (letters == 3 && month.starts_with(&word)));
    known.then(|| &text[letters..])
}

fn fraction(text: &str) -> Option<&str> {
    let Some(rest) = text.strip_prefix('.') else { return Some(text) };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (1..=9).contains(&digits).then(|| &rest[digits..])
}

fn zone(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some(rest);
    }
    let rest = number(text.strip_prefix(['+', '-'])?, (2, 2), 0..=14)?;
    number(rest.strip_prefix(':').unwrap_or(rest), (2, 2), 0..=59)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_the_formats_they_can_be_read_with() {
        let cases: [(&str, &[&str]); 14] = [
            ("2010-12-01 08:26:00", &["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f"]),
            ("12/1/2010 8:26", &["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]),
            ("13/1/2010", &["%d/%m/%Y"]),
            ("1/13/2010", &["%m/%d/%Y"]),
            ("2010-12-01T08:26:00.5Z", &["%Y-%m-%dT%H:%M:%S%.f%z"]),
            ("2010-12-01T08:26:00+01:00", &["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%.f%z"]),
            ("01.12.2010", &["%d.%m.%Y"]),
            ("1 Dec 2010", &["%d %b %Y"]),
            ("December 1, 2010", &["%b %d, %Y"]),
            ("12/1/2010 8:26 PM", &["%d/%m/%Y %I:%M %p", "%m/%d/%Y %I:%M %p"]),
            ("2010-13-45", &[]),
            ("85123A", &[]),
            ("192.168.0.1", &[]),
            ("2010-12-01 25:00", &[]),
        ];
        for (value, formats) in cases {
            assert_eq!(formats_of(value), formats, "{value}");
        }
    }

    #[test]
    fn more_values_leave_fewer_formats() {
        let mut formats = TimeFormats::default();
        assert!(formats.add("12/1/2010 8:26"));
        assert!(formats.add("12/13/2010 9:00"));
        assert_eq!(formats.clone().finish(), ["%m/%d/%Y %H:%M"]);
        assert!(!formats.add("soon"));
    }
}
