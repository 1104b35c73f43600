//! A small reader of the generated files, written from the rules alone: it shares no code with the generator.

use std::{collections::HashSet, fmt::Write as _, fs, path::Path};

use generator::{FileRows, SalesTruth};
use sha2::{Digest, Sha256};

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("writing into a text does not fail");
    }
    text
}

/// A file as text fields.
pub(crate) struct Csv {
    header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Csv {
    pub(crate) fn utf8(path: &Path) -> Self {
        Self::parse(&fs::read_to_string(path).expect("a UTF-8 file"))
    }

    pub(crate) fn latin1(path: &Path) -> Self {
        Self::parse(&fs::read(path).expect("a file").into_iter().map(char::from).collect::<String>())
    }

    /// No field of ours holds a line end, so lines are records.
    fn parse(text: &str) -> Self {
        let mut records = text.lines().map(split);
        Self { header: records.next().expect("a header"), rows: records.collect() }
    }

    pub(crate) fn column(&self, name: &str) -> Vec<String> {
        let at = self.header.iter().position(|column| column == name).expect("the column");
        self.rows.iter().map(|row| row[at].clone()).collect()
    }
}

fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut signs = line.chars().peekable();
    while let Some(sign) = signs.next() {
        let field = fields.last_mut().expect("one field");
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => field.extend(signs.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    assert!(!quoted, "an open quote: {line}");
    fields
}

/// `None` when it is no day of the calendar with a time.
fn timestamp(text: &str) -> Option<(u32, u32, u32, String)> {
    let (date, time) = text.split_once(' ')?;
    let numbers = |separator: char| date.split(separator).map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>();
    let (iso, american) = (numbers('-'), numbers('/'));
    let ((Some(&[year, month, day]), _) | (_, Some(&[month, day, year]))) = (iso.as_deref(), american.as_deref())
    else {
        return None;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if leap { 29 } else { 28 };
    let days = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let longest = *days.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    let padded = if time.len() < 5 { format!("0{time}") } else { time.to_owned() };
    (1..=longest).contains(&day).then(|| (year, month, day, padded[..5].to_owned()))
}

/// Thousandths; `None` when it is no number with at most three places.
fn thousandths(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || places.len() > 3 || !plain(whole) || !plain(places) {
        return None;
    }
    Some(sign * format!("{whole}{places:0<3}").parse::<i64>().ok()?)
}

/// Applies the rules of the retail project to both files.
pub(crate) fn recompute_sales(dir: &Path) -> SalesTruth {
    let mut truth = SalesTruth::default();
    let mut seen = HashSet::new();
    let mut revenue = 0_i64;
    let files = [
        ("sales.csv", Csv::utf8(&dir.join("sales.csv"))),
        ("sales_latin1.csv", Csv::latin1(&dir.join("sales_latin1.csv"))),
    ];
    for (name, file) in files {
        let malformed = file.rows.iter().filter(|row| row.len() != 8).count() as u64;
        truth.bronze_rows += file.rows.len() as u64;
        truth.rejected.malformed_row += malformed;
        truth.files.insert(name.to_owned(), FileRows { rows: file.rows.len() as u64, malformed });
        for row in file.rows.iter().filter(|row| row.len() == 8) {
            let Ok(quantity) = row[3].parse::<i64>() else {
                truth.rejected.invalid_quantity += 1;
                continue;
            };
            let Some(time) = timestamp(&row[4]) else {
                truth.rejected.invalid_invoice_date += 1;
                continue;
            };
            let Some(price) = thousandths(&row[5]) else {
                truth.rejected.invalid_unit_price += 1;
                continue;
            };
            let customer = row[6].split('.').next().unwrap_or_default().to_owned();
            assert!(customer.bytes().all(|byte| byte.is_ascii_digit()), "a customer that cannot be cast: {row:?}");
            let (invoice, code) = (row[0].trim().to_uppercase(), row[1].trim().to_uppercase());
            let (description, country) = (row[2].trim().to_owned(), row[7].trim().to_owned());
            if !seen.insert((invoice.clone(), code, description, quantity, time, price, customer, country)) {
                truth.duplicates_removed += 1;
            } else if invoice.starts_with('A') {
                truth.rejected.bad_debt_adjustment += 1;
            } else if price <= 0 {
                truth.rejected.non_positive_price += 1;
            } else {
                truth.silver_rows += 1;
                revenue += quantity * price;
            }
        }
    }
    truth.rejected_rows = truth.rejected.total();
    let sign = if revenue < 0 { "-" } else { "" };
    truth.net_revenue = format!("{sign}{}.{:03}", revenue.abs() / 1_000, revenue.abs() % 1_000);
    truth
}
