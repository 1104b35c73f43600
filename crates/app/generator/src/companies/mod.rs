//! `companies.csv` and `companies_truth.csv`: one company for twenty people.

mod company;
mod record;

use crate::{
    dice::{Dice, Subject},
    error::GenerateError,
    folder::Folder,
    manifest::FileEntry,
    meter::Meter,
    roster::{Roster, Shape, Slot},
    sink::Dialect,
};
use company::Company;
use record::Record;

/// Most companies stand alone; 1.6 records a company on average.
const SHAPE: Shape =
    Shape { groups: &[(80, 1), (13, 2), (5, 3), (2, 4)], copies: &[(60, 1), (25, 2), (10, 3), (5, 4)] };
const PEOPLE_PER_COMPANY: u32 = 20;
const HEADER: &str =
    "record_id,source,name,legal_form,website,phone,street,city,postcode,country,vat_id,industry,employees";

/// All companies of one seed.
pub(crate) struct Companies {
    seed: u64,
    pub(crate) roster: Roster,
}

impl Companies {
    pub(crate) fn plan(customers: u32, seed: u64) -> Self {
        let entities = customers.div_ceil(PEOPLE_PER_COMPANY);
        Self { seed, roster: Roster::plan(entities, seed, Subject::CompanyPlan, &SHAPE) }
    }

    /// Writes both files.
    pub(crate) fn write(&self, folder: &mut Folder, meter: &mut Meter<'_>) -> Result<[FileEntry; 2], GenerateError> {
        let mut companies = folder.begin("companies.csv", Dialect::Modern)?;
        let mut truth = folder.begin("companies_truth.csv", Dialect::Modern)?;
        companies.header(HEADER)?;
        truth.header("record_id,entity_id")?;
        for row in 0..self.roster.records() {
            let slot = self.roster.at_row(row);
            let id = self.roster.record_id(slot.record);
            let record = self.record(slot);
            companies.ascii(format_args!("{id}"));
            let left = [record.source, &record.name, &record.legal_form, &record.website, &record.phone];
            let middle = [&record.street, &record.city, &record.postcode, record.country];
            let right = [&record.vat_id, record.industry, &record.employees];
            for text in left.into_iter().chain(middle).chain(right) {
                companies.field(text);
            }
            companies.end_row()?;
            truth.ascii(format_args!("{id}"));
            truth.ascii(format_args!("{}", self.roster.entity_id(slot.entity)));
            truth.end_row()?;
            meter.step()?;
        }
        Ok([companies.finish()?, truth.finish()?])
    }

    fn record(&self, slot: Slot) -> Record {
        let (leader, position) = self.roster.group_of(slot.entity);
        let company = Company::draw(self.seed, slot.entity, leader, position);
        let mut dice = Dice::new(self.seed, Subject::CompanyRecord, u64::from(slot.record));
        Record::draw(&company, slot.number == 0, &mut dice)
    }
}
