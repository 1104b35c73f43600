//! `exact_decimal(text, precision, scale)` and `exact_integer(text)`: a number, or NULL where the type cannot hold the
//! text's value exactly.
//!
//! `cast` rounds `1.2345` to `1.235` in silence and stops at `1.2.3`; the way over a double loses digits, and a safe
//! way around both costs several passes over a column. Here a text is read once: a sign, digits, a point, an exponent
//! (`1.5E2`, as spreadsheets write). `17850.0` is a whole number, `17850.5` is not. No spaces, no thousands.

use std::sync::Arc;

use arrow::{
    array::{Array, AsArray, Decimal128Builder, Int64Builder},
    compute::cast,
    datatypes::{DataType, Field, FieldRef},
};
use datafusion::{
    common::{Result, ScalarValue, exec_err},
    logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};

const MAX_PRECISION: u8 = 38;

/// `exact_decimal(text, precision, scale)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ExactDecimal {
    signature: Signature,
}

impl Default for ExactDecimal {
    fn default() -> Self {
        Self { signature: Signature::any(3, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ExactDecimal {
    fn name(&self) -> &'static str {
        "exact_decimal"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        exec_err!("exact_decimal: the type follows from the arguments' values")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let (precision, scale) = match args.scalar_arguments {
            [_, precision, scale] => size(*precision, *scale)?,
            _ => return exec_err!("exact_decimal takes a text, a precision and a scale"),
        };
        Ok(Arc::new(Field::new(self.name(), DataType::Decimal128(precision, scale), true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let DataType::Decimal128(precision, scale) = *args.return_field.data_type() else {
            return exec_err!("exact_decimal gives a decimal");
        };
        let text = cast(&args.args[0].to_array(args.number_rows)?, &DataType::Utf8View)?;
        let limit = 10_i128.pow(u32::from(precision));
        let mut numbers = Decimal128Builder::with_capacity(text.len()).with_precision_and_scale(precision, scale)?;
        for value in text.as_string_view() {
            let number = value.and_then(|value| parse(value.as_bytes(), i32::from(scale)));
            numbers.append_option(number.filter(|number| number.abs() < limit));
        }
        Ok(ColumnarValue::Array(Arc::new(numbers.finish())))
    }
}

fn size(precision: Option<&ScalarValue>, scale: Option<&ScalarValue>) -> Result<(u8, i8)> {
    let number = |value: Option<&ScalarValue>| match value {
        Some(ScalarValue::Int64(Some(number))) => u8::try_from(*number).ok(),
        _ => None,
    };
    match (number(precision), number(scale)) {
        (Some(precision @ 1..=MAX_PRECISION), Some(scale)) if scale <= precision => {
            Ok((precision, i8::try_from(scale).unwrap_or_default()))
        }
        _ => exec_err!("exact_decimal: precision and scale are constant numbers, such as (12, 3)"),
    }
}

/// `exact_integer(text)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ExactInteger {
    signature: Signature,
}

impl Default for ExactInteger {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ExactInteger {
    fn name(&self) -> &'static str {
        "exact_integer"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let text = cast(&args.args[0].to_array(args.number_rows)?, &DataType::Utf8View)?;
        let mut numbers = Int64Builder::with_capacity(text.len());
        for value in text.as_string_view() {
            let number = value.and_then(|value| parse(value.as_bytes(), 0));
            numbers.append_option(number.and_then(|number| i64::try_from(number).ok()));
        }
        Ok(ColumnarValue::Array(Arc::new(numbers.finish())))
    }
}

/// The value times 10^`scale`, when it is a whole number that fits.
fn parse(text: &[u8], scale: i32) -> Option<i128> {
    let (negative, mut rest) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let (mut value, mut digits, mut decimals, mut in_fraction) = (0_i128, 0_u32, 0_i32, false);
    while let [byte, tail @ ..] = rest {
        match byte {
            b'0'..=b'9' => {
                value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
                digits += 1;
                decimals += i32::from(in_fraction);
            }
            b'.' if !in_fraction => in_fraction = true,
            b'e' | b'E' => {
                decimals = decimals.checked_sub(std::str::from_utf8(tail).ok()?.parse().ok()?)?;
                rest = &[];
                continue;
            }
            _ => return None,
        }
        rest = tail;
    }
    if digits == 0 {
        return None;
    }
    let value = shifted(value, scale.checked_sub(decimals)?)?;
    Some(if negative { -value } else { value })
}

/// `value` × 10^`places`, when nothing is lost.
fn shifted(value: i128, places: i32) -> Option<i128> {
    if value == 0 || places == 0 {
        return Some(value);
    }
    let factor = 10_i128.checked_pow(places.unsigned_abs())?;
    if places > 0 { value.checked_mul(factor) } else { (value % factor == 0).then_some(value / factor) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_type_holds_exactly_is_read_and_nothing_else() {
        let cases = [
            ("2.55", Some(2550)),
            ("-11062.06", Some(-11_062_060)),
            ("0.0010", Some(1)),
            ("0.0015", None),
            ("+7", Some(7000)),
            (".5", Some(500)),
            ("5.", Some(5000)),
            ("1.5E2", Some(150_000)),
            ("15e-1", Some(1500)),
            ("1e-4", None),
            ("1e400", None),
            ("", None),
            ("-", None),
            (".", None),
            ("1.2.3", None),
            ("1,000", None),
            (" 1", None),
            ("1e", None),
            ("NaN", None),
            ("0x10", None),
            ("0e999999999", Some(0)),
            ("99999999999999999999999999999999999999999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text.as_bytes(), 3), expected, "{text}");
        }
        assert_eq!(parse(b"17850.0", 0), Some(17850));
        assert_eq!(parse(b"17850.5", 0), None);
    }

    proptest! {
        #[test]
        fn every_amount_is_read_as_it_is_written(units in -999_999_999_999_i128..=999_999_999_999, zeros in 0..4_usize) {
            let sign = if units < 0 { "-" } else { "" };
            let text = format!("{sign}{}.{:03}{}", units.abs() / 1000, units.abs() % 1000, "0".repeat(zeros));
            prop_assert_eq!(parse(text.as_bytes(), 3), Some(units));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,30}") {
            let _read = parse(text.as_bytes(), 3);
        }
    }
}
