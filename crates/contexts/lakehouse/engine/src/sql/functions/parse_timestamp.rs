//! `parse_timestamp(text, 'format', …)`: a time in UTC, or NULL where no format fits the whole text.
//!
//! Formats are strftime's, of these parts: `%Y %m %d %H %M %S` (one or more digits each, `%Y` four), anything
//! else stands for itself; `%%` is a percent sign. The first format that fits wins. Rows that repeat the text of
//! the row before (sales lines of one invoice do) cost one comparison.

use std::sync::Arc;

use arrow::{
    array::{Array, AsArray, TimestampMicrosecondBuilder},
    compute::cast,
    datatypes::{DataType, TimeUnit},
};
use datafusion::{
    common::{Result, ScalarValue, exec_err},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ParseTimestamp {
    signature: Signature,
}

impl Default for ParseTimestamp {
    fn default() -> Self {
        Self { signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ParseTimestamp {
    fn name(&self) -> &'static str {
        "parse_timestamp"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some((text, formats)) = args.args.split_first() else {
            return exec_err!("parse_timestamp needs a text and at least one format");
        };
        let formats = formats.iter().map(format_of).collect::<Result<Vec<_>>>()?;
        let text = cast(&text.to_array(args.number_rows)?, &DataType::Utf8View)?;
        let text = text.as_string_view();
        let mut times = TimestampMicrosecondBuilder::with_capacity(text.len()).with_timezone("UTC");
        let mut last: Option<(&str, Option<i64>)> = None;
        for value in text {
            let time = match (value, last) {
                (None, _) => None,
                (Some(value), Some((seen, time))) if seen == value => time,
                (Some(value), _) => {
                    let time = formats.iter().find_map(|format| parse(value.trim(), format));
                    last = Some((value, time));
                    time
                }
            };
            times.append_option(time);
        }
        Ok(ColumnarValue::Array(Arc::new(times.finish())))
    }
}

fn format_of(argument: &ColumnarValue) -> Result<Vec<Part>> {
    let ColumnarValue::Scalar(
        ScalarValue::Utf8(Some(format)) | ScalarValue::Utf8View(Some(format)) | ScalarValue::LargeUtf8(Some(format)),
    ) = argument
    else {
        return exec_err!("parse_timestamp: each format is a constant text, such as '%Y-%m-%d %H:%M:%S'");
    };
    parts(format)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Literal(u8),
}

fn parts(format: &str) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut bytes = format.bytes();
    while let Some(byte) = bytes.next() {
        parts.push(match (byte, if byte == b'%' { bytes.next() } else { None }) {
            (b'%', Some(b'Y')) => Part::Year,
            (b'%', Some(b'm')) => Part::Month,
            (b'%', Some(b'd')) => Part::Day,
            (b'%', Some(b'H')) => Part::Hour,
            (b'%', Some(b'M')) => Part::Minute,
            (b'%', Some(b'S')) => Part::Second,
            (b'%', Some(b'%')) => Part::Literal(b'%'),
            (b'%', _) => {
                return exec_err!("parse_timestamp: `{format}` holds a part that is not one of %Y %m %d %H %M %S");
            }
            (literal, _) => Part::Literal(literal),
        });
    }
    Ok(parts)
}

/// Microseconds since the epoch, when the whole text fits the format and is a real date.
fn parse(text: &str, format: &[Part]) -> Option<i64> {
    let mut rest = text.as_bytes();
    let (mut year, mut month, mut day, mut clock) = (1970, 1, 1, [0_i64; 3]);
    for part in format {
        match part {
            Part::Literal(byte) => {
                let (first, tail) = rest.split_first()?;
                if first != byte {
                    return None;
                }
                rest = tail;
            }
            Part::Year => (year, rest) = digits(rest, 4, 4)?,
            Part::Month => (month, rest) = digits(rest, 1, 2)?,
            Part::Day => (day, rest) = digits(rest, 1, 2)?,
            Part::Hour => (clock[0], rest) = digits(rest, 1, 2)?,
            Part::Minute => (clock[1], rest) = digits(rest, 1, 2)?,
            Part::Second => (clock[2], rest) = digits(rest, 1, 2)?,
        }
    }
    let [hour, minute, second] = clock;
    let real = rest.is_empty() && (1..=days_in(year, month)?).contains(&day) && hour < 24 && minute < 60 && second < 60;
    real.then(|| (days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second) * MICROS_PER_SECOND)
}

fn digits(text: &[u8], least: usize, most: usize) -> Option<(i64, &[u8])> {
    let length = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if length < least {
        return None;
    }
    let value = text[..length].iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
    Some((value, &text[length..]))
}

fn days_in(year: i64, month: i64) -> Option<i64> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => Some(29),
        2 => Some(28),
        _ => None,
    }
}

/// Day number counted from 1970-01-01. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_that_fits(text: &str) -> Option<String> {
        ["%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M"]
            .iter()
            .find_map(|format| parse(text, &parts(format).unwrap()))
            .map(|micros| kernel::Timestamp(micros).to_string())
    }

    #[test]
    fn both_dialects_of_the_retail_file_are_read() {
        assert_eq!(first_that_fits("2010-12-01 08:26:00").unwrap(), "2010-12-01T08:26:00.000000Z");
        assert_eq!(first_that_fits("12/1/2010 8:26").unwrap(), "2010-12-01T08:26:00.000000Z");
        assert_eq!(first_that_fits("2/29/2012 0:00").unwrap(), "2012-02-29T00:00:00.000000Z");
    }

    #[test]
    fn what_is_not_wholly_a_real_time_is_null() {
        for text in [
            "",
            "2010-12-01",
            "2010-12-01 08:26:00 ",
            "2011-02-29 00:00:00",
            "13/1/2010 8:26",
            "12/1/2010 24:00",
            "12/1/10 8:26",
        ] {
            assert_eq!(first_that_fits(text), None, "{text}");
        }
    }

    #[test]
    fn an_unknown_part_of_a_format_is_refused() {
        assert!(parts("%Y-%q").unwrap_err().to_string().contains("%Y-%q"));
        assert!(parts("100%").is_err());
    }
}
