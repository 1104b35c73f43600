//! How an invoice line is written in either publication of the sales.

use crate::{
    error::GenerateError,
    sales::{
        catalogue::Catalogue,
        invoice::{BAD_TEXTS, Flaw, Invoice, Kind, Line, Untidy},
    },
    sink::{Dialect, Sink},
};

pub(crate) const MODERN_HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
pub(crate) const LEGACY_HEADER: &str = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country";

// No reading of these gives a number or a date, with the day or with the month first.
const BAD_QUANTITIES: [&str; BAD_TEXTS as usize] = ["", "n/a", "six", "12 pcs", "-"];
const BAD_PRICES: [&str; BAD_TEXTS as usize] = ["", "n/a", "free", "2.5.0", "GBP"];
const BAD_DATES: [&str; BAD_TEXTS as usize] =
    ["", "unknown", "2011-02-30 10:15:00", "0000-00-00 00:00:00", "2011-13-01 09:00:00"];
const BAD_LEGACY_DATES: [&str; BAD_TEXTS as usize] =
    ["", "unknown", "13/32/2011 8:26", "0/0/0000 0:00", "31/31/2011 9:00"];

/// Writes lines of one file.
pub(crate) struct Writer<'a> {
    pub(crate) sink: Sink,
    pub(crate) dialect: Dialect,
    pub(crate) catalogue: &'a Catalogue,
}

impl Writer<'_> {
    /// Writes every line of the invoice.
    pub(crate) fn write(&mut self, invoice: &Invoice) -> Result<(), GenerateError> {
        for line in &invoice.lines {
            let fields: [fn(&mut Self, &Invoice, &Line); 8] = [
                Self::number,
                Self::code,
                Self::description,
                Self::quantity,
                Self::date,
                Self::price,
                Self::customer,
                Self::country,
            ];
            let count = if let Flaw::Cut(fields) = line.flaw { fields as usize } else { fields.len() };
            for field in &fields[..count] {
                field(self, invoice, line);
            }
            self.sink.end_row()?;
        }
        Ok(())
    }

    fn number(&mut self, invoice: &Invoice, line: &Line) {
        let small = line.flaw == Flaw::Untidy(Untidy::InvoiceSmall);
        let letter = match invoice.kind {
            Kind::Sale => "",
            Kind::Return if small => "c",
            Kind::Return => "C",
            Kind::BadDebt if small => "a",
            Kind::BadDebt => "A",
        };
        let padding = if line.flaw == Flaw::Untidy(Untidy::InvoicePadded) { " " } else { "" };
        self.sink.ascii(format_args!("{padding}{letter}{}{padding}", invoice.number));
    }

    fn code(&mut self, _: &Invoice, line: &Line) {
        let code = &self.catalogue.product(line.sale.product).code;
        match line.flaw {
            Flaw::Untidy(Untidy::CodeSmall) => self.sink.field(&code.to_lowercase()),
            Flaw::Untidy(Untidy::CodePadded) => self.sink.field(&format!("{code}  ")),
            _ => self.sink.field(code),
        }
    }

    fn description(&mut self, _: &Invoice, line: &Line) {
        let text = self.catalogue.wording(line.sale.product, line.sale.wording);
        match line.flaw {
            Flaw::Untidy(Untidy::DescriptionPadded) => self.sink.field(&format!(" {text} ")),
            // Somebody forgot the quotes.
            Flaw::Overlong if splits_when_bare(text) => self.sink.bare(text),
            _ => self.sink.field(text),
        }
    }

    fn quantity(&mut self, _: &Invoice, line: &Line) {
        match line.flaw {
            Flaw::Unreadable { quantity: Some(bad), .. } => self.sink.field(BAD_QUANTITIES[bad as usize]),
            _ => self.sink.ascii(format_args!("{}", line.sale.quantity)),
        }
    }

    fn date(&mut self, invoice: &Invoice, line: &Line) {
        let (hour, minute) = (invoice.minute / 60, invoice.minute % 60);
        let day = invoice.day.civil();
        match (line.flaw, self.dialect) {
            (Flaw::Unreadable { date: Some(bad), .. }, Dialect::Modern) => self.sink.field(BAD_DATES[bad as usize]),
            (Flaw::Unreadable { date: Some(bad), .. }, Dialect::Legacy) => {
                self.sink.field(BAD_LEGACY_DATES[bad as usize]);
            }
            (_, Dialect::Modern) => {
                let (year, month, day) = (day.year, day.month, day.day);
                self.sink.ascii(format_args!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:00"));
            }
            (_, Dialect::Legacy) => {
                self.sink.ascii(format_args!("{}/{}/{} {hour}:{minute:02}", day.month, day.day, day.year));
            }
        }
    }

    fn price(&mut self, _: &Invoice, line: &Line) {
        if let Flaw::Unreadable { price: Some(bad), .. } = line.flaw {
            self.sink.field(BAD_PRICES[bad as usize]);
            return;
        }
        let sign = if line.sale.price < 0 { "-" } else { "" };
        let (pounds, rest) = (line.sale.price.unsigned_abs() / 1_000, line.sale.price.unsigned_abs() % 1_000);
        // As floating-point numbers are printed: as many places as are needed, in the older file none for whole pounds.
        match (rest, self.dialect) {
            (0, Dialect::Legacy) => self.sink.ascii(format_args!("{sign}{pounds}")),
            _ if rest % 100 == 0 => self.sink.ascii(format_args!("{sign}{pounds}.{}", rest / 100)),
            _ if rest % 10 == 0 => self.sink.ascii(format_args!("{sign}{pounds}.{:02}", rest / 10)),
            _ => self.sink.ascii(format_args!("{sign}{pounds}.{rest:03}")),
        }
    }

    fn customer(&mut self, invoice: &Invoice, _: &Line) {
        match (invoice.customer, self.dialect) {
            (None, _) => self.sink.field(""),
            (Some(number), Dialect::Modern) => self.sink.ascii(format_args!("{number}.0")),
            (Some(number), Dialect::Legacy) => self.sink.ascii(format_args!("{number}")),
        }
    }

    fn country(&mut self, invoice: &Invoice, line: &Line) {
        match line.flaw {
            Flaw::Untidy(Untidy::CountryPadded) => self.sink.field(&format!("{} ", invoice.country)),
            _ => self.sink.field(invoice.country),
        }
        let text = self.catalogue.wording(line.sale.product, line.sale.wording);
        if line.flaw == Flaw::Overlong && !splits_when_bare(text) {
            self.sink.ascii(format_args!("{}", invoice.number));
        }
    }
}

/// Whether a text without its quotes would be read as more than one field.
fn splits_when_bare(text: &str) -> bool {
    text.contains(',') && !text.contains('"')
}
