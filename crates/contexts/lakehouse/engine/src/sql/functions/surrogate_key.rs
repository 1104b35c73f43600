//! `surrogate_key(a, b, …)`: a 63-bit hash of a natural key, the same in any load order.
//!
//! The hash runs over a row's values from left to right, each with the hash so far in its seed:
//! `h = xxh3_64(bytes, seed = h ^ tag)`, starting from 0. Tags are 1 for NULL (no bytes), 2 for numbers, dates, times
//! and decimals (the stored whole number as a little-endian i128, so that an INT and a BIGINT of one value agree),
//! 3 for text (its UTF-8 bytes), 4 for booleans (one byte). The top bit is cleared at the end.
//! 0 is kept for *unknown*: all arguments NULL; a hash that happens to be 0 becomes 1.
//! The layout is decided: a change of it changes every key of every lake.

use arrow::{
    array::{Array, ArrayRef, AsArray, Int64Array},
    compute::cast,
    datatypes::{
        ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit,
        TimestampMicrosecondType,
    },
};
use datafusion::{
    common::{DataFusionError, Result, exec_err},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};
use xxhash_rust::xxh3::xxh3_64_with_seed;

const NULL: u64 = 1;
const NUMBER: u64 = 2;
const TEXT: u64 = 3;
const BOOLEAN: u64 = 4;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct SurrogateKey {
    signature: Signature,
}

impl Default for SurrogateKey {
    fn default() -> Self {
        Self { signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for SurrogateKey {
    fn name(&self) -> &'static str {
        "surrogate_key"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if args.args.is_empty() {
            return exec_err!("surrogate_key needs at least one argument");
        }
        let columns = ColumnarValue::values_to_arrays(&args.args)?;
        let rows = columns.first().map_or(args.number_rows, Array::len);
        Ok(ColumnarValue::Array(std::sync::Arc::new(hash_columns(&columns, rows, 0)?)))
    }
}

/// Hashes of rows; see the module for the layout. A `seed` other than 0 gives an independent hash of the same rows.
///
/// # Errors
/// When a column's type has no canonical form (lists, structs, floats: two equal floats may print differently).
pub(crate) fn hash_columns(columns: &[ArrayRef], rows: usize, seed: u64) -> Result<Int64Array> {
    let mut hashes = vec![seed; rows];
    let mut known = vec![false; rows];
    for column in columns {
        mix(&canonical(column)?, &mut hashes, &mut known)?;
    }
    let keys = hashes.into_iter().zip(known).map(|(hash, known)| if known { positive(hash) } else { 0 });
    Ok(Int64Array::from_iter_values(keys))
}

/// 63 bits, never 0.
fn positive(hash: u64) -> i64 {
    i64::try_from(hash & (u64::MAX >> 1)).unwrap_or(i64::MAX).max(1)
}

/// Casts to one of the few types that are read directly.
fn canonical(column: &ArrayRef) -> Result<ArrayRef> {
    let to = match column.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Dictionary(..) | DataType::Null => DataType::Utf8View,
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => DataType::Int64,
        DataType::UInt64 => DataType::Decimal128(20, 0),
        _ => return Ok(std::sync::Arc::clone(column)),
    };
    cast(column, &to).map_err(DataFusionError::from)
}

/// Folds one column into the rows' hashes.
fn mix(array: &ArrayRef, hashes: &mut [u64], known: &mut [bool]) -> Result<()> {
    match array.data_type() {
        DataType::Int8 => mix_numbers::<Int8Type>(array, hashes, known),
        DataType::Int16 => mix_numbers::<Int16Type>(array, hashes, known),
        DataType::Int32 => mix_numbers::<Int32Type>(array, hashes, known),
        DataType::Int64 => mix_numbers::<Int64Type>(array, hashes, known),
        DataType::Date32 => mix_numbers::<Date32Type>(array, hashes, known),
        DataType::Timestamp(TimeUnit::Microsecond, _) => mix_numbers::<TimestampMicrosecondType>(array, hashes, known),
        DataType::Decimal128(..) => mix_numbers::<Decimal128Type>(array, hashes, known),
        DataType::Utf8View => mix_values(array.as_string_view().iter(), hashes, known, |text, hash| {
            xxh3_64_with_seed(text.as_bytes(), hash ^ TEXT)
        }),
        DataType::Boolean => mix_values(array.as_boolean().iter(), hashes, known, |flag, hash| {
            xxh3_64_with_seed(&[u8::from(flag)], hash ^ BOOLEAN)
        }),
        other => {
            return exec_err!("surrogate_key cannot take a value of type {other}: cast it to text or to a decimal");
        }
    }
    Ok(())
}

fn mix_numbers<T: ArrowPrimitiveType>(array: &ArrayRef, hashes: &mut [u64], known: &mut [bool])
where
    i128: From<T::Native>,
{
    mix_values(array.as_primitive::<T>().iter(), hashes, known, |value, hash| {
        xxh3_64_with_seed(&i128::from(value).to_le_bytes(), hash ^ NUMBER)
    });
}

fn mix_values<V>(
    values: impl Iterator<Item = Option<V>>,
    hashes: &mut [u64],
    known: &mut [bool],
    fold: impl Fn(V, u64) -> u64,
) {
    for ((value, hash), known) in values.zip(hashes).zip(known) {
        match value {
            Some(value) => {
                *hash = fold(value, *hash);
                *known = true;
            }
            None => *hash = xxh3_64_with_seed(&[], *hash ^ NULL),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Decimal128Array, Int32Array, StringArray, StringViewArray};

    use super::*;

    fn hash(columns: &[ArrayRef]) -> Vec<i64> {
        hash_columns(columns, columns[0].len(), 0).unwrap().values().to_vec()
    }

    #[test]
    fn keys_are_pinned_because_every_lake_stores_them() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("85123A"), Some(""), None]));
        let number: ArrayRef = Arc::new(Int32Array::from(vec![Some(17850), Some(0), None]));
        assert_eq!(hash(&[text, number]), [PINNED_KEY, PINNED_EMPTY, 0]);
    }

    const PINNED_KEY: i64 = 8_568_350_477_357_649_108;
    const PINNED_EMPTY: i64 = 1_959_460_454_825_784_772;

    #[test]
    fn the_type_that_holds_a_value_does_not_matter_but_the_value_and_its_column_do() {
        let view: ArrayRef = Arc::new(StringViewArray::from(vec!["ab", "a"]));
        let plain: ArrayRef = Arc::new(StringArray::from(vec!["ab", "a"]));
        let int: ArrayRef = Arc::new(Int32Array::from(vec![7, 7]));
        let long: ArrayRef = Arc::new(Int64Array::from(vec![7, 7]));
        assert_eq!(hash(&[view.clone(), int]), hash(&[plain.clone(), long]));
        let shifted: ArrayRef = Arc::new(StringArray::from(vec!["a", "ab"]));
        let rest: ArrayRef = Arc::new(StringArray::from(vec!["b", ""]));
        assert_ne!(hash(std::slice::from_ref(&plain))[0], hash(&[shifted, rest])[0], "borders between columns count");
        let flag: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
        let money: ArrayRef = Arc::new(Decimal128Array::from(vec![2550_i128, 2551]));
        let keys = hash(&[flag, money]);
        assert_ne!(keys[0], keys[1]);
        assert!(keys.iter().all(|key| *key > 0));
    }
}
