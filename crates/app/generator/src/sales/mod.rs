//! `sales.csv`, `sales_latin1.csv` and `sales_truth.json`.
//!
//! The second file is another publication of the same shop, a month later. Like real exports the two overlap: some
//! invoices of the first file's last day stand in the second one again.

mod basket;
mod calendar;
mod catalogue;
mod invoice;
mod tally;
mod text;

use crate::{
    error::GenerateError,
    folder::Folder,
    manifest::{FileEntry, SalesTruth},
    meter::Meter,
    people::Population,
    sink::Dialect,
};
use basket::Till;
use calendar::{LATER_MONTH, Period, YEAR};
use catalogue::Catalogue;
use invoice::Invoice;
use tally::Tally;
use text::{LEGACY_HEADER, MODERN_HEADER, Writer};

const FIRST_FILE: &str = "sales.csv";
const SECOND_FILE: &str = "sales_latin1.csv";
/// Invoices of the year for a hundred customers; at nine lines each, about twenty lines a customer.
const INVOICES_PER_HUNDRED: u64 = 215;
/// One of so many sound invoices of the last day is written again in the second file.
const OVERLAP: u32 = 3;

/// How many invoices the two files hold, without the last one of each.
pub(crate) fn invoices(customers: u32) -> [u64; 2] {
    let year = (u64::from(customers) * INVOICES_PER_HUNDRED / 100).max(1);
    [year, (year / 10).max(1)]
}

/// Writes all three files.
pub(crate) fn write(
    population: &Population,
    seed: u64,
    folder: &mut Folder,
    meter: &mut Meter<'_>,
) -> Result<(Vec<FileEntry>, SalesTruth), GenerateError> {
    let customers = population.roster.entities();
    let catalogue = Catalogue::draw(customers, seed);
    let mut shop = Shop { till: Till::new(&catalogue, population, seed), tally: Tally::default(), meter };
    let [year, month] = invoices(customers);

    let mut sink = folder.begin(FIRST_FILE, Dialect::Modern)?;
    sink.header(MODERN_HEADER)?;
    let mut writer = Writer { sink, dialect: Dialect::Modern, catalogue: &catalogue };
    let last_day = shop.trade(YEAR, year, &mut writer)?;
    shop.tally.end_file(FIRST_FILE);
    let first = writer.sink.finish()?;

    let mut sink = folder.begin(SECOND_FILE, Dialect::Legacy)?;
    sink.header(LEGACY_HEADER)?;
    let mut writer = Writer { sink, dialect: Dialect::Legacy, catalogue: &catalogue };
    for invoice in last_day.iter().filter(|invoice| is_repeated(invoice)) {
        writer.write(invoice)?;
        shop.tally.count_again(invoice);
    }
    shop.trade(LATER_MONTH, month, &mut writer)?;
    shop.tally.end_file(SECOND_FILE);
    let second = writer.sink.finish()?;

    let truth = shop.tally.finish();
    let document = folder.document("sales_truth.json", &truth)?;
    Ok((vec![first, second, document], truth))
}

/// Only invoices whose every line can be read: a broken line has no identity by which it could be a duplicate.
fn is_repeated(invoice: &Invoice) -> bool {
    invoice.number.is_multiple_of(OVERLAP) && invoice.lines.iter().all(|line| line.flaw.is_readable())
}

/// The till with what counts and watches it.
struct Shop<'a, 'b> {
    till: Till<'a>,
    tally: Tally,
    meter: &'a mut Meter<'b>,
}

impl Shop<'_, '_> {
    /// Sells for a period, and returns the invoices of its last day.
    fn trade(&mut self, period: Period, invoices: u64, writer: &mut Writer<'_>) -> Result<Vec<Invoice>, GenerateError> {
        let mut last_day = Vec::new();
        for (day, count) in period.days(invoices) {
            for minute in self.till.minutes(count) {
                let invoice = self.till.ring_up(day, minute);
                writer.write(&invoice)?;
                self.tally.count(&invoice);
                self.meter.step()?;
                if day == period.last {
                    last_day.push(invoice);
                }
            }
        }
        let invoice = self.till.write_off(period.last);
        writer.write(&invoice)?;
        self.tally.count(&invoice);
        last_day.push(invoice);
        Ok(last_day)
    }
}
