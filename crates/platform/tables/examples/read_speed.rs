//! Measures how fast a file is inspected and read: `cargo run --release -p tables --example read_speed -- FILE [ROWS]`.
//!
//! Prints CPU time, since everything runs on one thread and the machine may have other work; wall time where the system
//! does not tell.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::{path::Path, sync::LazyLock, time::Instant};

use kernel::Cancel;
use tables::{Hints, TableError, TextReader};

const MEGABYTE: f64 = 1_000_000.0;

fn main() -> Result<(), TableError> {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        println!("usage: read_speed FILE [BATCH_ROWS]");
        return Ok(());
    };
    let path = Path::new(&path);
    let batch_rows = arguments.next().and_then(|rows| rows.parse().ok()).unwrap_or(65_536);
    let cancel = Cancel::default();
    let started = millis();
    let sniffed = tables::sniff(path, &Hints::default())?;
    println!("sniff    {:8.1} ms  {:?} {:?}", millis() - started, sniffed.dialect, sniffed.confidence);
    let started = millis();
    let inspection = tables::inspect(path, &Hints::default(), &cancel)?;
    println!("inspect  {:8.1} ms  {} lines, sha256 {}", millis() - started, inspection.lines, inspection.sha256);
    for column in &inspection.sniffed.columns {
        println!(
            "  {} {:?} {:?} nulls {} {:?}",
            column.name, column.kind, column.time_formats, column.nulls, column.examples
        );
    }
    let started = millis();
    let (mut rows, mut malformed) = (0, 0);
    for batch in TextReader::open(path, &inspection.sniffed, batch_rows, &cancel)? {
        let batch = batch?;
        rows += batch.num_rows();
        malformed += batch.malformed;
    }
    let taken = millis() - started;
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let rate = inspection.size_bytes as f64 / MEGABYTE / (taken / 1000.0);
    println!("read     {taken:8.1} ms  {rows} records, {malformed} malformed, {rate:.0} MB/s");
    Ok(())
}

/// Milliseconds of CPU that this thread has had: the first number of Linux's `schedstat` is nanoseconds.
fn millis() -> f64 {
    static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = told.split_whitespace().next().and_then(|first| first.parse::<f64>().ok());
    nanos.map_or_else(|| STARTED.elapsed().as_secs_f64() * 1000.0, |nanos| nanos / 1_000_000.0)
}
