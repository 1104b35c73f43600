//! The use case: everything about one imagined shop, in one folder.

use std::path::PathBuf;

use kernel::Cancel;

use crate::{
    companies::Companies,
    error::GenerateError,
    folder::Folder,
    manifest::{Manifest, TruthFigures},
    meter::{Meter, Progress},
    people::Population,
    sales,
};

/// The most customers that can be asked for. Above it, record numbers would not fit their type.
pub const MAX_CUSTOMERS: u32 = 10_000_000;

/// What to generate.
#[derive(Debug, Clone)]
pub struct RetailOptions {
    /// Number of distinct people, from 1 to [`MAX_CUSTOMERS`].
    pub customers: u32,
    /// Same seed, same number of customers: same bytes.
    pub seed: u64,
    /// The folder to write; made when missing. If it exists it must be empty or hold an earlier result.
    pub out: PathBuf,
}

/// Writes people, companies, sales and the truth about them into `options.out`.
///
/// The files appear under their names together, at the end; until then they have temporary names.
///
/// # Errors
/// When the number of customers is out of range, the folder is not ours to write, the disk fails or is full, or
/// `cancel` is raised. What was begun is removed; an earlier result in the folder stays as it was.
pub fn generate_retail(
    options: &RetailOptions,
    cancel: &Cancel,
    progress: &mut dyn FnMut(Progress),
) -> Result<Manifest, GenerateError> {
    let RetailOptions { customers, seed, ref out } = *options;
    if customers == 0 || customers > MAX_CUSTOMERS {
        return Err(GenerateError::CustomersOutOfRange { customers });
    }
    let mut folder = Folder::open(out)?;
    let population = Population::plan(customers, seed);
    let companies = Companies::plan(customers, seed);
    let records = u64::from(population.roster.records()) + u64::from(companies.roster.records());
    let total = records + sales::invoices(customers).iter().sum::<u64>();
    let mut meter = Meter::new(total, cancel, progress);

    let mut files = Vec::new();
    files.extend(population.write(&mut folder, &mut meter)?);
    files.extend(companies.write(&mut folder, &mut meter)?);
    let (entries, sales) = sales::write(&population, seed, &mut folder, &mut meter)?;
    files.extend(entries);
    meter.look()?;

    let truth = TruthFigures {
        people: u64::from(customers),
        people_records: u64::from(population.roster.records()),
        people_pairs: population.roster.pairs(),
        companies: u64::from(companies.roster.entities()),
        company_records: u64::from(companies.roster.records()),
        company_pairs: companies.roster.pairs(),
        sales,
    };
    let generator = Manifest::GENERATOR.to_owned();
    let manifest = Manifest { generator, version: Manifest::VERSION, customers, seed, files, truth };
    folder.publish(&manifest)?;
    Ok(manifest)
}
