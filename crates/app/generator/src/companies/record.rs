//! What a system holds about a company: parts of the truth, with mistakes.
//!
//! *Invariant*: a record has a name, and at least one of website, telephone, street and VAT number.

use std::sync::LazyLock;

use crate::{
    companies::company::Company,
    dice::Dice,
    misspelling::{misdialled, mistyped, unaccented},
    wordlist,
};

/// Long and short forms of the words in names.
static ABBREVIATIONS: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let entries = wordlist::section(include_str!("../data/companies.txt"), "abbreviation");
    entries.into_iter().filter_map(|entry| entry.split_once('=')).collect()
});

/// Where a record comes from, and per mille of its records without website, telephone, address, VAT number.
pub(crate) const SOURCES: [(u32, (&str, [u32; 4])); 3] =
    [(45, ("erp", [450, 150, 30, 150])), (35, ("crm", [150, 200, 200, 800])), (20, ("directory", [250, 60, 60, 900]))];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    OtherForm,
    NoForm,
    Abbreviated,
    Ampersand,
    Acronym,
    Mistyped,
    Case,
    Unaccented,
    Moved,
    PhoneMisdialled,
    WebsiteMissing,
    Article,
    LastWordLost,
}

const MISTAKES: [(u32, Mistake); 13] = [
    (24, Mistake::OtherForm),
    (14, Mistake::NoForm),
    (14, Mistake::Abbreviated),
    (8, Mistake::Ampersand),
    (4, Mistake::Acronym),
    (14, Mistake::Mistyped),
    (9, Mistake::Case),
    (6, Mistake::Unaccented),
    (8, Mistake::Moved),
    (4, Mistake::PhoneMisdialled),
    (8, Mistake::WebsiteMissing),
    (3, Mistake::Article),
    (4, Mistake::LastWordLost),
];

/// How many mistakes a company's first record has, and how many a later one.
const FIRST_MISTAKES: [(u32, u32); 2] = [(80, 0), (20, 1)];
const LATER_MISTAKES: [(u32, u32); 4] = [(10, 0), (40, 1), (35, 2), (15, 3)];

/// The columns of `companies.csv` without the ids.
pub(crate) struct Record {
    pub(crate) source: &'static str,
    pub(crate) name: String,
    pub(crate) legal_form: String,
    pub(crate) website: String,
    pub(crate) phone: String,
    pub(crate) street: String,
    pub(crate) city: String,
    pub(crate) postcode: String,
    pub(crate) country: &'static str,
    pub(crate) vat_id: String,
    pub(crate) industry: &'static str,
    pub(crate) employees: String,
}

impl Record {
    pub(crate) fn draw(company: &Company, first: bool, dice: &mut Dice) -> Self {
        let (source, gaps) = dice.weighted(&SOURCES);
        let mut record = Self::faithful(company, source, dice);
        let count = if first { dice.weighted(&FIRST_MISTAKES) } else { dice.weighted(&LATER_MISTAKES) };
        for _ in 0..count {
            record.spoil(dice.weighted(&MISTAKES), company, dice);
        }
        // Some systems keep the legal form in the name, some beside it, some in both places.
        match dice.below(3) {
            0 => record.name = joined(&record.name, &record.legal_form),
            1 => record.name = joined(&record.name, &std::mem::take(&mut record.legal_form)),
            _ => {}
        }
        record.leave_gaps(gaps, company, dice);
        record
    }

    fn faithful(company: &Company, source: &'static str, dice: &mut Dice) -> Self {
        let home = &company.home;
        Self {
            source,
            name: company.name.clone(),
            legal_form: company.legal_form[0].to_owned(),
            website: website(&company.site, dice),
            phone: company.phone.as_typed(dice),
            street: home.street.clone(),
            city: home.town.name.to_owned(),
            postcode: home.postcode.clone(),
            country: if source == "erp" { home.country.code } else { home.country.name },
            vat_id: if dice.per_mille(500) {
                format!("{}{}", home.country.code, company.vat_id)
            } else {
                company.vat_id.clone()
            },
            industry: if dice.per_mille(250) { "" } else { company.industry },
            employees: headcount(company.employees, dice),
        }
    }

    fn spoil(&mut self, mistake: Mistake, company: &Company, dice: &mut Dice) {
        match mistake {
            Mistake::OtherForm => dice.pick(company.legal_form).clone_into(&mut self.legal_form),
            Mistake::NoForm => self.legal_form.clear(),
            Mistake::Abbreviated => self.name = abbreviated(&self.name),
            Mistake::Ampersand => self.name = self.name.replace(" & ", " and "),
            Mistake::Acronym => self.name = acronym(&self.name),
            Mistake::Mistyped => self.name = mistyped(&self.name, dice),
            Mistake::Case if dice.per_mille(600) => self.name = self.name.to_uppercase(),
            Mistake::Case => self.name = self.name.to_lowercase(),
            Mistake::Unaccented => {
                for field in [&mut self.name, &mut self.street, &mut self.city] {
                    *field = unaccented(field);
                }
            }
            Mistake::Moved => {
                let former = &company.former_home;
                self.street.clone_from(&former.street);
                former.town.name.clone_into(&mut self.city);
                self.postcode.clone_from(&former.postcode);
            }
            Mistake::PhoneMisdialled => self.phone = misdialled(&self.phone, dice),
            Mistake::WebsiteMissing => self.website.clear(),
            Mistake::Article => self.name = format!("The {}", self.name),
            Mistake::LastWordLost => {
                if let Some((rest, _)) = self.name.rsplit_once(' ').filter(|(rest, _)| rest.contains(' ')) {
                    self.name = rest.to_owned();
                }
            }
        }
    }

    fn leave_gaps(&mut self, gaps: [u32; 4], company: &Company, dice: &mut Dice) {
        let [website, phone, address, vat_id] = gaps;
        for (field, share) in [(&mut self.website, website), (&mut self.phone, phone), (&mut self.vat_id, vat_id)] {
            if dice.per_mille(share) {
                field.clear();
            }
        }
        if dice.per_mille(address) {
            self.street.clear();
            self.postcode.clear();
        }
        if [&self.website, &self.phone, &self.street, &self.vat_id].iter().all(|field| field.is_empty()) {
            self.street.clone_from(&company.home.street);
        }
    }
}

fn joined(name: &str, form: &str) -> String {
    if form.is_empty() { name.to_owned() } else { format!("{name} {form}") }
}

fn website(site: &str, dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => format!("https://www.{site}/"),
        1 => format!("http://{site}"),
        2 => format!("www.{site}"),
        3 => site.to_owned(),
        4 => format!("HTTP://WWW.{}", site.to_uppercase()),
        _ => format!("https://{site}/contact"),
    }
}

/// Exact, as a band, or nothing.
fn headcount(employees: u32, dice: &mut Dice) -> String {
    const BANDS: [(u32, &str); 5] = [(9, "1-9"), (49, "10-49"), (249, "50-249"), (999, "250-999"), (u32::MAX, "1000+")];
    match dice.below(4) {
        0 => String::new(),
        1 => BANDS.iter().find(|(top, _)| employees <= *top).map_or_else(String::new, |(_, band)| (*band).to_owned()),
        _ => employees.to_string(),
    }
}

fn abbreviated(name: &str) -> String {
    let words = name
        .split(' ')
        .map(|word| ABBREVIATIONS.iter().find(|(long, _)| *long == word).map_or(word, |(_, short)| short));
    words.collect::<Vec<_>>().join(" ")
}

/// First letters, where the name has three words or more; the name itself otherwise.
fn acronym(name: &str) -> String {
    let letters: String = name
        .split([' ', '-'])
        .filter_map(|word| word.chars().find(|letter| letter.is_alphabetic()))
        .flat_map(char::to_uppercase)
        .collect();
    if letters.chars().count() < 3 { name.to_owned() } else { letters }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms() {
        let cases =
            [("Harrow Engineering Group", "Harrow Eng Grp", "HEG"), ("Smith & Sons", "Smith & Sons", "Smith & Sons")];
        for (name, short, letters) in cases {
            assert_eq!(abbreviated(name), short);
            assert_eq!(acronym(name), letters);
        }
    }
}
