//! Generates a folder: `cargo run --release -p generator --example measure -- CUSTOMERS SEED DIR`.
//!
//! Prints wall time and size; everything runs on one thread, so on a quiet machine that is the CPU time too.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::time::Instant;

use generator::{GenerateError, RetailOptions, generate_retail};
use kernel::Cancel;

fn main() -> Result<(), GenerateError> {
    let mut arguments = std::env::args().skip(1);
    let given = (arguments.next(), arguments.next(), arguments.next());
    let (Some(Ok(customers)), Some(Ok(seed)), Some(out)) =
        (given.0.map(|text| text.parse()), given.1.map(|text| text.parse()), given.2)
    else {
        println!("usage: measure CUSTOMERS SEED DIR");
        return Ok(());
    };
    let started = Instant::now();
    let options = RetailOptions { customers, seed, out: out.into() };
    let manifest = generate_retail(&options, &Cancel::default(), &mut |_| {})?;
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    println!("{} ms, {bytes} bytes, {:#?}", started.elapsed().as_millis(), manifest.truth);
    Ok(())
}
