//! What one value looks like. Shared by the scoring of dialects, the search for a header and the kinds of columns.

use crate::times;

/// Most digits of a decimal in Arrow, Parquet and Delta.
const MAX_DECIMAL_DIGITS: usize = 38;
/// Every number with so many digits fits 64 bits.
const MAX_INTEGER_DIGITS: usize = 18;
/// Longest text that is believed to be one value of a code or a name.
const MAX_WORD_BYTES: usize = 64;

/// The shape of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Empty,
    /// Digits before and after the point.
    Number {
        whole: usize,
        fraction: usize,
    },
    Exponent,
    Boolean,
    Time,
    /// A time of day without a day. Columns of them are text, but the sign in the middle is no delimiter.
    Clock,
    /// Codes, names, sentences, addresses: what people put into cells.
    Words,
    /// Text with signs that usually mean that a line was cut at the wrong places.
    Odd,
}

/// The shape of one value.
pub(crate) fn shape(value: &str) -> Shape {
    match value.as_bytes() {
        [] => Shape::Empty,
        [first, ..] if first.is_ascii_digit() || b"-.".contains(first) => {
            number(value).or_else(|| exponent(value)).unwrap_or_else(|| time_or_words(value))
        }
        _ if is_boolean(value) => Shape::Boolean,
        _ => time_or_words(value),
    }
}

/// Whether a value has a shape other than text, so that a column of it is no column of names.
pub(crate) fn is_typed(shape: Shape) -> bool {
    matches!(shape, Shape::Number { .. } | Shape::Exponent | Shape::Boolean | Shape::Time | Shape::Clock)
}

fn is_boolean(value: &str) -> bool {
    value.len() <= 5 && ["true", "false", "yes", "no"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

fn number(value: &str) -> Option<Shape> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (digits, ""),
    };
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    // A code such as 00123 would lose its zeros.
    let is_code = whole.len() > 1 && whole.starts_with('0');
    let fits = whole.len() + fraction.len() <= MAX_DECIMAL_DIGITS;
    let sound = all_digits && !is_code && !(whole.is_empty() && fraction.is_empty());
    match (sound, fits) {
        (true, true) => Some(Shape::Number { whole: whole.len(), fraction: fraction.len() }),
        (true, false) if !fraction.is_empty() => Some(Shape::Exponent),
        _ => None,
    }
}

fn exponent(value: &str) -> Option<Shape> {
    let (mantissa, exponent) = value.split_once(['e', 'E'])?;
    number(mantissa)?;
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    ((1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(Shape::Exponent)
}

/// Whether a number of this size is an integer of 64 bits.
pub(crate) fn is_integer(whole: usize, fraction: usize) -> bool {
    fraction == 0 && whole <= MAX_INTEGER_DIGITS
}

fn time_or_words(value: &str) -> Shape {
    match () {
        () if times::plausible(value) && !times::formats_of(value).is_empty() => Shape::Time,
        () if times::is_clock(value) => Shape::Clock,
        () => words(value),
    }
}

fn words(value: &str) -> Shape {
    let trimmed = value.trim();
    let bytes = trimmed.as_bytes();
    let cut = bytes.iter().any(|byte| matches!(byte, b'"' | b'\t' | b'|' | b';' | b'\\' | b'^' | b'~' | 0x01..=0x08));
    let edge = |byte: Option<&u8>| byte.is_some_and(|byte| b",:=&'".contains(byte));
    let address = trimmed.contains("://") || trimmed.contains('@');
    if address && !trimmed.contains([' ', ',']) {
        return Shape::Words;
    }
    let long = trimmed.len() > MAX_WORD_BYTES && trimmed.contains([',', ':']) && !trimmed.contains(' ');
    let glued = bytes.windows(2).any(|pair| pair[0] == b',' && pair[1].is_ascii_alphabetic());
    let odd = cut || long || glued || is_list(trimmed) || edge(bytes.first()) || edge(bytes.last());
    if odd { Shape::Odd } else { Shape::Words }
}

/// Three values or more with bare commas between them; thousands (`1,234,567.00`) are one value.
fn is_list(text: &str) -> bool {
    let thousands = |part: &str| {
        let whole = part.split('.').next().unwrap_or_default();
        whole.len() == 3 && whole.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts = || text.split(',').skip(1);
    parts().count() >= 2 && !parts().any(|part| part.starts_with(' ')) && !parts().all(thousands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_shape_people_see() {
        let number = |whole, fraction| Shape::Number { whole, fraction };
        let cases = [
            ("", Shape::Empty),
            ("0", number(1, 0)),
            ("-12", number(2, 0)),
            ("17850.0", number(5, 1)),
            (".5", number(0, 1)),
            ("1.", Shape::Words),
            ("-", Shape::Words),
            ("00123", Shape::Words),
            ("0.5", number(1, 1)),
            ("1e5", Shape::Exponent),
            ("1E-7", Shape::Exponent),
            ("85123A", Shape::Words),
            ("C536379", Shape::Words),
            ("TRUE", Shape::Boolean),
            ("no", Shape::Boolean),
            ("2010-12-01 08:26:00", Shape::Time),
            ("08:26", Shape::Clock),
            ("8:26:05 PM", Shape::Clock),
            ("25:26", Shape::Words),
            ("a:26", Shape::Words),
            ("WHITE HANGING HEART T-LIGHT HOLDER", Shape::Words),
            ("a;b", Shape::Odd),
            ("\"a", Shape::Odd),
            ("x,", Shape::Odd),
            ("00,2.55,United Kingdom", Shape::Odd),
            ("Bond, James", Shape::Words),
            ("1,2.5,2010-12-01", Shape::Odd),
            ("1,234,567.00", Shape::Words),
            ("1,5", Shape::Words),
            ("red, green, blue", Shape::Words),
            ("https://a.b/c?d=e", Shape::Words),
        ];
        for (value, expected) in cases {
            assert_eq!(shape(value), expected, "{value}");
        }
        assert!(is_integer(18, 0) && !is_integer(19, 0) && !is_integer(2, 1));
    }
}
