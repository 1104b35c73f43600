//! `people.csv` and `people_truth.csv`.
//!
//! *Invariant*: every person has a shop account, so every person can be a customer; `customer_id` is the account's
//! number. Of the further shop records of a person most are accounts of their own, the rest are older copies of the
//! first one.

mod names;
mod person;
mod record;

use crate::{
    dice::{Dice, Subject},
    error::GenerateError,
    folder::Folder,
    geography::Country,
    manifest::FileEntry,
    meter::Meter,
    permutation::Permutation,
    roster::{Roster, Shape, Slot},
    sink::Dialect,
};
pub(crate) use names::family as family_name;
use person::Person;
use record::{Record, Source};

/// Households of one to four; 1.4 records a person on average, at most six.
const SHAPE: Shape =
    Shape { groups: &[(52, 1), (30, 2), (11, 3), (7, 4)], copies: &[(76, 1), (15, 2), (5, 3), (2, 4), (1, 5), (1, 6)] };
const HEADER: &str = "record_id,source,given_name,family_name,email,phone,street,city,postcode,country,date_of_birth,\
                      customer_id,updated_at";
/// Account numbers start here, so that all have five digits or more.
const FIRST_ACCOUNT: u64 = 10_000;

/// All people of one seed.
pub(crate) struct Population {
    seed: u64,
    pub(crate) roster: Roster,
    accounts: Permutation,
}

impl Population {
    pub(crate) fn plan(customers: u32, seed: u64) -> Self {
        let roster = Roster::plan(customers, seed, Subject::PeoplePlan, &SHAPE);
        // Numbers with gaps: half as many again as there are records.
        let numbers = u64::from(roster.records()) * 3 / 2 + 1;
        let accounts = Permutation::new(numbers, &mut Dice::new(seed, Subject::Accounts, 0));
        Self { seed, roster, accounts }
    }

    /// One of the person's account numbers, mostly the first.
    pub(crate) fn account_of(&self, entity: u32, dice: &mut Dice) -> u64 {
        let records = self.roster.records_of(entity);
        let number = u32::from(records.len() > 1 && dice.per_mille(200));
        let slot = Slot { entity, number, record: records.start + number };
        self.account(slot, self.open(slot).1).unwrap_or_else(|| self.number(records.start))
    }

    /// Where the person lives.
    pub(crate) fn country_of(&self, entity: u32) -> &'static Country {
        person::country_of(self.seed, self.roster.group_of(entity).0)
    }

    /// Writes both files.
    pub(crate) fn write(&self, folder: &mut Folder, meter: &mut Meter<'_>) -> Result<[FileEntry; 2], GenerateError> {
        let mut people = folder.begin("people.csv", Dialect::Modern)?;
        let mut truth = folder.begin("people_truth.csv", Dialect::Modern)?;
        people.header(HEADER)?;
        truth.header("record_id,entity_id")?;
        for row in 0..self.roster.records() {
            let slot = self.roster.at_row(row);
            let id = self.roster.record_id(slot.record);
            let (source, record, account) = self.record(slot);
            people.ascii(format_args!("{id}"));
            people.field(source.name());
            for text in [&record.given, &record.family, &record.email, &record.phone, &record.street, &record.city] {
                people.field(text);
            }
            people.field(&record.postcode);
            people.field(record.country);
            people.field(&record.born);
            match account {
                Some(number) => people.ascii(format_args!("{number}")),
                None => people.field(""),
            }
            people.field(&record.updated_at);
            people.end_row()?;
            truth.ascii(format_args!("{id}"));
            truth.ascii(format_args!("{}", self.roster.entity_id(slot.entity)));
            truth.end_row()?;
            meter.step()?;
        }
        Ok([people.finish()?, truth.finish()?])
    }

    fn record(&self, slot: Slot) -> (Source, Record, Option<u64>) {
        let (leader, position) = self.roster.group_of(slot.entity);
        let person = Person::draw(self.seed, slot.entity, leader, position);
        let (mut dice, source) = self.open(slot);
        let record = Record::draw(&person, source, slot.number == 0, &mut dice);
        (source, record, self.account(slot, source))
    }

    /// The record's stream of chance after the first draw, which is its source.
    fn open(&self, slot: Slot) -> (Dice, Source) {
        let mut dice = Dice::new(self.seed, Subject::PersonRecord, u64::from(slot.record));
        let drawn = Source::draw(&mut dice);
        (dice, if slot.number == 0 { Source::Shop } else { drawn })
    }

    /// The account number that the record shows; `None` outside the shop.
    fn account(&self, slot: Slot, source: Source) -> Option<u64> {
        // Every fourth further shop record is an older copy of the first account.
        let copy = slot.number > 0 && slot.record.is_multiple_of(4);
        let record = if copy { slot.record - slot.number } else { slot.record };
        (source == Source::Shop).then(|| self.number(record))
    }

    fn number(&self, record: u32) -> u64 {
        FIRST_ACCOUNT + self.accounts.at(u64::from(record))
    }
}
