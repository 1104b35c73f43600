//! A data file as the log describes it.

use std::{collections::BTreeMap, ops::RangeInclusive};

use arrow::compute::kernels::cast_utils::string_to_timestamp_nanos;
use deltalake::kernel::Add;
use serde_json::Value;

const NANOS_PER_MICRO: i64 = 1_000;

/// A live Parquet file of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFile {
    /// Relative to the table's folder.
    pub path: String,
    /// Size, bytes.
    pub size_bytes: u64,
    /// Rows.
    pub rows: u64,
    /// When it was written, milliseconds since the epoch.
    pub modified_ms: i64,
    /// `minValues` and `maxValues` of the columns whose values are whole numbers in the file (integers,
    /// dates as days, timestamps as microseconds).
    pub ranges: BTreeMap<String, (i64, i64)>,
}

impl DataFile {
    /// Reads an `add` action.
    pub(crate) fn from_add(add: &Add) -> Self {
        let size_bytes = u64::try_from(add.size).unwrap_or_default();
        Self::new(add.path.clone(), size_bytes, add.modification_time, add.stats.as_deref())
    }

    /// Reads a live file of a snapshot. A file without row count (written by another program) counts 0 rows; the
    /// count is only shown, never computed with.
    pub(crate) fn new(path: String, size_bytes: u64, modified_ms: i64, stats: Option<&str>) -> Self {
        let stats: Value = stats.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let mut ranges = BTreeMap::new();
        if let (Some(min), Some(max)) = (stats["minValues"].as_object(), stats["maxValues"].as_object()) {
            for (column, low) in min {
                if let (Some(low), Some(high)) = (ordinal(low), max.get(column).and_then(ordinal)) {
                    let is_time = max[column].as_str().is_some_and(|text| text.len() > DATE.len());
                    let slack = if is_time { MICROS_CUT_OFF } else { 0 };
                    ranges.insert(column.clone(), (low, high + slack));
                }
            }
        }
        Self { path, size_bytes, rows: stats["numRecords"].as_u64().unwrap_or_default(), modified_ms, ranges }
    }

    /// Whether a row with this column in `wanted` may be in the file; `true` when the range is not known.
    pub(crate) fn may_hold(&self, column: &str, wanted: &RangeInclusive<i64>) -> bool {
        self.ranges.get(column).is_none_or(|(low, high)| low <= wanted.end() && wanted.start() <= high)
    }
}

/// Statistics cut timestamps to milliseconds (the protocol says so), so the upper end may be this much higher.
const MICROS_CUT_OFF: i64 = 999;

/// A statistic as a whole number: numbers as they are, dates as days, timestamps as microseconds.
fn ordinal(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let micros = string_to_timestamp_nanos(text).ok()?.div_euclid(NANOS_PER_MICRO);
            Some(if text.len() == DATE.len() { micros.div_euclid(MICROS_PER_DAY) } else { micros })
        }
        _ => None,
    }
}

/// How the protocol writes a date.
const DATE: &str = "2010-12-01";
const MICROS_PER_DAY: i64 = 86_400_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_in_the_units_of_the_columns() {
        let stats = r#"{"numRecords":2,"minValues":{"day":"1970-01-02","at":"1970-01-01T00:00:00.001Z","n":-5,"name":"a"},
            "maxValues":{"day":"1970-01-03","at":"1970-01-01T00:00:00.002Z","n":7,"name":"b"},"nullCount":{}}"#;
        let file = DataFile::new("x".into(), 1, 0, Some(stats));
        let expected = [("at", (1000, 2999)), ("day", (1, 2)), ("n", (-5, 7))];
        assert_eq!(file.ranges, expected.map(|(name, range)| (name.to_owned(), range)).into());
        assert!(file.may_hold("day", &(2..=9)) && !file.may_hold("day", &(3..=9)), "a range that is known prunes");
        assert!(file.may_hold("name", &(0..=1)), "one that is not known does not");
    }
}
