//! Reads Parquet as text, the way a CSV export of the same table would show it.
//!
//! Integers are plain, decimals have their scale, a whole double keeps its `.0`, other doubles the shortest text that reads
//! back equal, dates are ISO, timestamps `YYYY-MM-DD HH:MM:SS` with a fraction where there is one (UTC where the file
//! says so), nested values are JSON, binary values are text where they are UTF-8 and lower-case hex otherwise.

use std::{
    fmt::{self, Write as _},
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use arrow::{
    array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder},
    compute::cast,
    datatypes::{
        DataType, Date32Type, Date64Type, Float32Type, Float64Type, TimeUnit, TimestampMicrosecondType,
        TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    },
    error::ArrowError,
    record_batch::RecordBatch,
};
use kernel::Cancel;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::{
    ColumnKind, SniffedColumn, TableError, TextBatch, batch::from_columns, columns::ColumnSample, input::open_file,
};

/// First and last four bytes of a Parquet file.
pub(crate) const PARQUET_MAGIC: [u8; 4] = *b"PAR1";
const SAMPLE_ROWS: usize = 1000;
const MILLIS_PER_DAY: i64 = 86_400_000;
const SECONDS_PER_DAY: i64 = 86_400;
const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// The records of one file.
pub(crate) struct ParquetReader {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    cancel: Cancel,
    rows_done: u64,
    rows: u64,
    disk_bytes: u64,
}

fn open(path: &Path) -> Result<(ParquetRecordBatchReaderBuilder<File>, u64), TableError> {
    let mut file = open_file(path)?;
    let io = |source| TableError::Io { path: path.into(), source };
    let size = file.metadata().map_err(io)?.len();
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(size.saturating_sub(PARQUET_MAGIC.len() as u64))).map_err(io)?;
    file.read_to_end(&mut tail).map_err(io)?;
    if tail != PARQUET_MAGIC || size < 12 {
        return Err(TableError::Truncated { path: path.into() });
    }
    file.rewind().map_err(io)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| TableError::Corrupt { path: path.into(), detail: error.to_string() })?;
    Ok((builder, size))
}

/// Records in a file, by its footer.
pub(crate) fn count_rows(path: &Path) -> Result<u64, TableError> {
    let (builder, _) = open(path)?;
    Ok(builder.metadata().file_metadata().num_rows().try_into().unwrap_or(0))
}

/// The columns of a file, and how many records were looked at.
pub(crate) fn describe(path: &Path, cancel: &Cancel) -> Result<(Vec<SniffedColumn>, u64), TableError> {
    let (builder, _) = open(path)?;
    let fields = builder.schema().fields().clone();
    let mut sample = ParquetReader::open(path, SAMPLE_ROWS, cancel)?;
    let batch = sample.next_batch()?;
    let columns = fields.iter().enumerate().map(|(index, field)| {
        let mut seen = ColumnSample::new(field.name());
        if let Some(batch) = &batch {
            batch.columns[index].as_string_view().iter().for_each(|value| seen.add(value.unwrap_or_default()));
        }
        let guessed = seen.finish();
        match declared_kind(field.data_type()) {
            Some((kind, formats)) => {
                SniffedColumn { kind, time_formats: formats.iter().map(ToString::to_string).collect(), ..guessed }
            }
            None => guessed,
        }
    });
    Ok((columns.collect(), batch.map_or(0, |batch| batch.num_rows() as u64)))
}

/// What the schema says about a column; `None` where its text must tell.
fn declared_kind(data_type: &DataType) -> Option<(ColumnKind, &'static [&'static str])> {
    let kind = match data_type {
        DataType::Boolean => ColumnKind::Boolean,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => ColumnKind::Float,
        DataType::Date32 | DataType::Date64 => return Some((ColumnKind::Date, &["%Y-%m-%d"])),
        DataType::Timestamp(TimeUnit::Second, _) => return Some((ColumnKind::Timestamp, &["%Y-%m-%d %H:%M:%S"])),
        DataType::Timestamp(..) => return Some((ColumnKind::Timestamp, &["%Y-%m-%d %H:%M:%S%.f"])),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale) => {
            ColumnKind::Decimal { precision: *precision, scale: u8::try_from(*scale).ok()? }
        }
        integer if integer.is_integer() => ColumnKind::Integer,
        _ => return None,
    };
    Some((kind, &[]))
}

impl ParquetReader {
    /// Opens a file that starts like Parquet.
    pub(crate) fn open(path: &Path, batch_rows: usize, cancel: &Cancel) -> Result<Self, TableError> {
        let (builder, disk_bytes) = open(path)?;
        let rows = builder.metadata().file_metadata().num_rows().try_into().unwrap_or(0);
        let reader = builder
            .with_batch_size(batch_rows.max(1))
            .build()
            .map_err(|error| TableError::Corrupt { path: path.into(), detail: error.to_string() })?;
        Ok(Self { path: path.into(), reader, cancel: cancel.clone(), rows_done: 0, rows, disk_bytes })
    }

    /// The next records as text.
    pub(crate) fn next_batch(&mut self) -> Result<Option<TextBatch>, TableError> {
        if self.cancel.is_cancelled() {
            return Err(TableError::Cancelled { path: self.path.clone() });
        }
        let corrupt = |error: ArrowError| TableError::Corrupt { path: self.path.clone(), detail: error.to_string() };
        let Some(batch) = self.reader.next().transpose().map_err(corrupt)? else { return Ok(None) };
        let columns = batch.columns().iter().map(render).collect::<Result<_, _>>().map_err(corrupt)?;
        let text = from_columns(columns, &batch, self.rows_done + 1);
        self.rows_done += batch.num_rows() as u64;
        let bytes_done = u128::from(self.disk_bytes) * u128::from(self.rows_done) / u128::from(self.rows.max(1));
        Ok(Some(TextBatch { bytes_done: bytes_done.try_into().unwrap_or(self.disk_bytes), ..text }))
    }
}

/// A column as text; empty text is NULL, as in every other format.
fn render(array: &ArrayRef) -> Result<StringViewArray, ArrowError> {
    match array.data_type() {
        DataType::Float64 => {
            Ok(each(array.as_primitive::<Float64Type>().iter(), |value, out| write!(out, "{value:?}")))
        }
        DataType::Float32 => {
            Ok(each(array.as_primitive::<Float32Type>().iter(), |value, out| write!(out, "{value:?}")))
        }
        DataType::Float16 => render(&cast(array, &DataType::Float32)?),
        DataType::Date32 => Ok(each(array.as_primitive::<Date32Type>().iter(), |days, out| date(i64::from(days), out))),
        DataType::Date64 => {
            let show = |millis: i64, out: &mut String| date(millis.div_euclid(MILLIS_PER_DAY), out);
            Ok(each(array.as_primitive::<Date64Type>().iter(), show))
        }
        DataType::Timestamp(unit, _) => Ok(timestamps(array, *unit)),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            let bytes = cast(array, &DataType::BinaryView)?;
            Ok(each(bytes.as_binary_view().iter(), bytes_as_text))
        }
        DataType::Dictionary(_, values) => render(&cast(array, values)?),
        nested if nested.is_nested() => json(array),
        _ => {
            let text = cast(array, &DataType::Utf8)?;
            Ok(each(text.as_string::<i32>().iter(), |value, out| out.write_str(value)))
        }
    }
}

fn each<T: Copy + PartialEq>(
    values: impl ExactSizeIterator<Item = Option<T>>,
    show: impl Fn(T, &mut String) -> fmt::Result,
) -> StringViewArray {
    let mut builder = StringViewBuilder::with_capacity(values.len());
    let mut text = String::new();
    let mut shown = None;
    for value in values {
        // Sorted tables repeat their values.
        if value != shown {
            text.clear();
            // Writing to a string cannot fail.
            let _ = value.map(|value| show(value, &mut text));
            shown = value;
        }
        if value.is_none() || text.is_empty() { builder.append_null() } else { builder.append_value(&text) }
    }
    builder.finish()
}

fn timestamps(array: &ArrayRef, unit: TimeUnit) -> StringViewArray {
    let show = |per_second: i64| move |value: i64, out: &mut String| moment(value, per_second, out);
    match unit {
        TimeUnit::Second => each(array.as_primitive::<TimestampSecondType>().iter(), show(1)),
        TimeUnit::Millisecond => each(array.as_primitive::<TimestampMillisecondType>().iter(), show(1_000)),
        TimeUnit::Microsecond => each(array.as_primitive::<TimestampMicrosecondType>().iter(), show(1_000_000)),
        TimeUnit::Nanosecond => each(array.as_primitive::<TimestampNanosecondType>().iter(), show(NANOS_PER_SECOND)),
    }
}

/// `YYYY-MM-DD HH:MM:SS`, with six digits of fraction where it is not whole, and nine where six do not hold it.
fn moment(value: i64, per_second: i64, out: &mut String) -> fmt::Result {
    let (seconds, part) = (value.div_euclid(per_second), value.rem_euclid(per_second));
    let nanos = part * (NANOS_PER_SECOND / per_second);
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    date(seconds.div_euclid(SECONDS_PER_DAY), out)?;
    write!(out, " {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)?;
    match nanos {
        0 => Ok(()),
        _ if nanos % 1000 == 0 => write!(out, ".{:06}", nanos / 1000),
        _ => write!(out, ".{nanos:09}"),
    }
}

/// ISO date of a day counted from 1970-01-01. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn date(days: i64, out: &mut String) -> fmt::Result {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    write!(out, "{year:04}-{month:02}-{day:02}")
}

fn bytes_as_text(bytes: &[u8], out: &mut String) -> fmt::Result {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => out.write_str(text),
        _ => bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}")),
    }
}

/// Nested values as JSON: each is written as an object with one key, whose wrapping is taken off again.
fn json(array: &ArrayRef) -> Result<StringViewArray, ArrowError> {
    let batch = RecordBatch::try_from_iter_with_nullable([("v", std::sync::Arc::clone(array), true)])?;
    let mut writer = arrow::json::LineDelimitedWriter::new(Vec::new());
    writer.write(&batch)?;
    writer.finish()?;
    let written = String::from_utf8(writer.into_inner()).map_err(|error| ArrowError::JsonError(error.to_string()))?;
    let values: Vec<Option<&str>> =
        written.lines().map(|line| line.strip_prefix("{\"v\":").and_then(|rest| rest.strip_suffix('}'))).collect();
    Ok(each(values.into_iter(), |value, out| out.write_str(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_print_with_as_much_fraction_as_they_have() {
        let cases = [
            (0, 1, "1970-01-01 00:00:00"),
            (-1, 1_000, "1969-12-31 23:59:59.999000"),
            (1_291_191_960_000_000, 1_000_000, "2010-12-01 08:26:00"),
            (1_291_191_960_123_456, 1_000_000, "2010-12-01 08:26:00.123456"),
            (1, NANOS_PER_SECOND, "1970-01-01 00:00:00.000000001"),
        ];
        for (value, per_second, text) in cases {
            let mut shown = String::new();
            moment(value, per_second, &mut shown).unwrap();
            assert_eq!(shown, text);
        }
        let mut shown = String::new();
        date(11_016, &mut shown).unwrap();
        assert_eq!(shown, "2000-02-29");
    }
}
