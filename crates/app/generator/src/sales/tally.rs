//! Counts what is true while it is written, by the rules of the retail project.
//!
//! The order of the rules: a malformed line leaves first, then a row that cannot be cast (quantity, date, price: the
//! first bad one names the reason), then duplicates after normalisation, then bad debt, then prices of zero or less.
//! *Invariant*: rows = silver + rejected + duplicates. Rows are only ever equal within an invoice, because numbers are
//! given once; the invoices that stand in both files are counted by [`Tally::count_again`].

use crate::{
    manifest::{FileRows, SalesTruth},
    sales::invoice::{Flaw, Invoice, Kind, Sale},
};

/// The truth so far.
#[derive(Default)]
pub(crate) struct Tally {
    truth: SalesTruth,
    file: FileRows,
    /// In thousandths of a pound.
    net_revenue: i64,
    /// Kept between invoices to save allocations.
    sound: Vec<Sale>,
}

impl Tally {
    /// Counts an invoice that was written for the first time.
    pub(crate) fn count(&mut self, invoice: &Invoice) {
        self.file.rows += invoice.lines.len() as u64;
        self.sound.clear();
        let rejected = &mut self.truth.rejected;
        for line in &invoice.lines {
            match line.flaw {
                Flaw::None | Flaw::Untidy(_) => self.sound.push(line.sale),
                Flaw::Cut(_) | Flaw::Overlong => {
                    rejected.malformed_row += 1;
                    self.file.malformed += 1;
                }
                Flaw::Unreadable { quantity: Some(_), .. } => rejected.invalid_quantity += 1,
                Flaw::Unreadable { date: Some(_), .. } => rejected.invalid_invoice_date += 1,
                Flaw::Unreadable { .. } => rejected.invalid_unit_price += 1,
            }
        }
        let readable = self.sound.len();
        self.sound.sort_unstable();
        self.sound.dedup();
        self.truth.duplicates_removed += (readable - self.sound.len()) as u64;
        for sale in &self.sound {
            if invoice.kind == Kind::BadDebt {
                rejected.bad_debt_adjustment += 1;
            } else if sale.price <= 0 {
                rejected.non_positive_price += 1;
            } else {
                self.truth.silver_rows += 1;
                self.net_revenue += i64::from(sale.quantity) * sale.price;
            }
        }
    }

    /// Counts an invoice that was written before; its lines must be readable, so each is a duplicate.
    pub(crate) fn count_again(&mut self, invoice: &Invoice) {
        self.file.rows += invoice.lines.len() as u64;
        self.truth.duplicates_removed += invoice.lines.len() as u64;
    }

    /// The file is complete.
    pub(crate) fn end_file(&mut self, name: &str) {
        let file = std::mem::take(&mut self.file);
        self.truth.bronze_rows += file.rows;
        self.truth.files.insert(name.to_owned(), file);
    }

    /// The truth about all files.
    pub(crate) fn finish(mut self) -> SalesTruth {
        let sign = if self.net_revenue < 0 { "-" } else { "" };
        let amount = self.net_revenue.unsigned_abs();
        self.truth.net_revenue = format!("{sign}{}.{:03}", amount / 1_000, amount % 1_000);
        self.truth.rejected_rows = self.truth.rejected.total();
        self.truth
    }
}
