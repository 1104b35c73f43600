//! What was written and what is true about it, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The contents of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Who wrote the folder: always [`Manifest::GENERATOR`].
    pub generator: String,
    /// Grows by one when the same seed begins to give other bytes.
    pub version: u32,
    /// Number of distinct people.
    pub customers: u32,
    /// The seed.
    pub seed: u64,
    /// Every file of the folder except the manifest itself, in the order in which they were written.
    pub files: Vec<FileEntry>,
    /// What is true about them.
    pub truth: TruthFigures,
}

impl Manifest {
    /// The value of `generator` by which a folder is known as ours.
    pub const GENERATOR: &'static str = "grayghost generate retail";
    /// The value of `version` that this build writes.
    pub const VERSION: u32 = 1;
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its name in the folder.
    pub name: String,
    /// Records below the header; `None` where the file is not a table.
    pub rows: Option<u64>,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// Counts of distinct things and of the records about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthFigures {
    /// Distinct people; as many as customers.
    pub people: u64,
    /// Rows of `people.csv`.
    pub people_records: u64,
    /// Pairs of rows of `people.csv` that are about the same person.
    pub people_pairs: u64,
    /// Distinct companies.
    pub companies: u64,
    /// Rows of `companies.csv`.
    pub company_records: u64,
    /// Pairs of rows of `companies.csv` that are about the same company.
    pub company_pairs: u64,
    /// The same as `sales_truth.json`.
    pub sales: SalesTruth,
}

/// The contents of `sales_truth.json`: what a correct pipeline must count after reading `sales.csv`, then
/// `sales_latin1.csv`. `bronze_rows = silver_rows + rejected_rows + duplicates_removed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesTruth {
    /// By file name.
    pub files: BTreeMap<String, FileRows>,
    /// Records below the headers of both files, malformed lines included.
    pub bronze_rows: u64,
    /// Rows that fail a rule, by the first rule that they fail.
    pub rejected: RejectedRows,
    /// Their sum.
    pub rejected_rows: u64,
    /// Rows that equal an earlier row after normalisation.
    pub duplicates_removed: u64,
    /// What is left.
    pub silver_rows: u64,
    /// Sum of quantity × unit price over what is left, returns included, with three places.
    pub net_revenue: String,
}

/// One file of sales.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRows {
    /// Records below the header, malformed lines included.
    pub rows: u64,
    /// Lines with too few or too many fields.
    pub malformed: u64,
}

/// Rejected rows by reason; the names are those of the built-in retail project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRows {
    /// The line has too few or too many fields.
    pub malformed_row: u64,
    /// The quantity is missing or not a whole number.
    pub invalid_quantity: u64,
    /// The date is missing or no date.
    pub invalid_invoice_date: u64,
    /// The price is missing or not a number.
    pub invalid_unit_price: u64,
    /// The invoice number starts with `A`.
    pub bad_debt_adjustment: u64,
    /// The price is zero or less.
    pub non_positive_price: u64,
}

impl RejectedRows {
    /// All reasons together.
    pub fn total(&self) -> u64 {
        let invalid = self.invalid_quantity + self.invalid_invoice_date + self.invalid_unit_price;
        self.malformed_row + invalid + self.bad_debt_adjustment + self.non_positive_price
    }
}
