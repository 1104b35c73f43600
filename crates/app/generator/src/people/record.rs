//! What a system holds about a person: parts of the truth, with mistakes.
//!
//! *Invariant*: a record keeps at least one of e-mail, telephone, street and date of birth, so that it can be matched in
//! principle; whether it can be in practice is the difficulty that is intended.

use crate::{
    civil::Day,
    dice::Dice,
    misspelling::{misdialled, misread, mistyped, slug, unaccented},
    people::{
        names::{self, Sex},
        person::Person,
    },
};

/// Where a record comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Orders: address and telephone, seldom a date of birth.
    Shop,
    /// Sign-ups: always an e-mail, seldom more.
    Newsletter,
    /// Calls: typed by an agent.
    Support,
}

impl Source {
    /// Of a record that is not the person's first; the first is always the shop's.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        dice.weighted(&[(30, Self::Shop), (35, Self::Newsletter), (35, Self::Support)])
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Newsletter => "newsletter",
            Self::Support => "support",
        }
    }

    /// Per mille of records without e-mail, telephone, address, date of birth.
    fn gaps(self) -> [u32; 4] {
        match self {
            Self::Shop => [30, 180, 20, 550],
            Self::Newsletter => [0, 780, 720, 650],
            Self::Support => [330, 80, 260, 420],
        }
    }
}

/// One thing that differs from the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    GivenMistyped,
    FamilyMistyped,
    Misread,
    Nickname,
    Initial,
    MiddleName,
    Exchanged,
    OtherFamily,
    Unaccented,
    Case,
    Moved,
    StreetAbbreviated,
    StreetMistyped,
    CityMistyped,
    PostcodeUntidy,
    StreetMissing,
    EmailOther,
    EmailMistyped,
    EmailMissing,
    PhoneOther,
    PhoneMisdialled,
    PhoneMissing,
    DayAndMonth,
    BirthMistyped,
    BirthMissing,
}

const MISTAKES: [(u32, Mistake); 25] = [
    (70, Mistake::GivenMistyped),
    (80, Mistake::FamilyMistyped),
    (25, Mistake::Misread),
    (90, Mistake::Nickname),
    (55, Mistake::Initial),
    (30, Mistake::MiddleName),
    (35, Mistake::Exchanged),
    (35, Mistake::OtherFamily),
    (60, Mistake::Unaccented),
    (60, Mistake::Case),
    (75, Mistake::Moved),
    (70, Mistake::StreetAbbreviated),
    (40, Mistake::StreetMistyped),
    (25, Mistake::CityMistyped),
    (40, Mistake::PostcodeUntidy),
    (20, Mistake::StreetMissing),
    (60, Mistake::EmailOther),
    (30, Mistake::EmailMistyped),
    (25, Mistake::EmailMissing),
    (40, Mistake::PhoneOther),
    (20, Mistake::PhoneMisdialled),
    (20, Mistake::PhoneMissing),
    (35, Mistake::DayAndMonth),
    (20, Mistake::BirthMistyped),
    (15, Mistake::BirthMissing),
];

/// How many mistakes the first record of a person has, and how many a later one.
const FIRST_MISTAKES: [(u32, u32); 2] = [(86, 0), (14, 1)];
const LATER_MISTAKES: [(u32, u32); 5] = [(8, 0), (38, 1), (30, 2), (16, 3), (8, 4)];

/// When records were last changed: those of an address since left are older.
const FORMER_DAYS: (Day, u32) = (Day::of(2005, 1, 1), 1_000);
const RECENT_DAYS: (Day, u32) = (Day::of(2008, 1, 1), 1_060);

/// The personal columns of `people.csv`.
pub(crate) struct Record {
    pub(crate) given: String,
    pub(crate) family: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) street: String,
    pub(crate) city: String,
    pub(crate) postcode: String,
    pub(crate) country: &'static str,
    pub(crate) born: String,
    /// `2010-04-03T16:20:05Z`.
    pub(crate) updated_at: String,
}

impl Record {
    /// What `source` holds; `first` is the person's first record, which is the tidiest.
    pub(crate) fn draw(person: &Person, source: Source, first: bool, dice: &mut Dice) -> Self {
        let mut record = Self::faithful(person, source, dice);
        let mut moved = false;
        let count = if first { dice.weighted(&FIRST_MISTAKES) } else { dice.weighted(&LATER_MISTAKES) };
        for _ in 0..count {
            let mistake = dice.weighted(&MISTAKES);
            moved |= mistake == Mistake::Moved;
            record.spoil_name(mistake, person, dice);
            record.spoil_address(mistake, person, dice);
            record.spoil_contact(mistake, person, dice);
            record.spoil_birth(mistake, person, dice);
        }
        record.leave_gaps(source, dice);
        if [&record.email, &record.phone, &record.street, &record.born].iter().all(|field| field.is_empty()) {
            record.email.clone_from(&person.email);
        }
        record.updated_at = moment(if moved { FORMER_DAYS } else { RECENT_DAYS }, dice);
        record
    }

    fn faithful(person: &Person, source: Source, dice: &mut Dice) -> Self {
        let home = &person.home;
        let phone = match &person.landline {
            Some(landline) if dice.per_mille(400) => landline,
            _ => &person.mobile,
        };
        let tidy = source == Source::Shop && dice.per_mille(600);
        let country = match source {
            Source::Newsletter => home.country.code,
            Source::Support if home.country.code == "GB" && dice.per_mille(300) => "UK",
            Source::Shop | Source::Support => home.country.name,
        };
        Self {
            given: person.given.to_owned(),
            family: person.family.clone(),
            email: person.email.clone(),
            phone: if tidy { phone.international() } else { phone.as_typed(dice) },
            street: home.street.clone(),
            city: home.town.name.to_owned(),
            postcode: home.postcode.clone(),
            country,
            born: person.born.iso(),
            updated_at: String::new(),
        }
    }

    fn spoil_name(&mut self, mistake: Mistake, person: &Person, dice: &mut Dice) {
        match mistake {
            Mistake::GivenMistyped => self.given = mistyped(&self.given, dice),
            Mistake::FamilyMistyped => self.family = mistyped(&self.family, dice),
            Mistake::Misread if dice.per_mille(500) => self.given = misread(&self.given, dice),
            Mistake::Misread => self.family = misread(&self.family, dice),
            Mistake::Nickname => {
                if let Some(nickname) = names::nickname(person.given, dice) {
                    nickname.clone_into(&mut self.given);
                }
            }
            Mistake::Initial => {
                let dot = if dice.per_mille(500) { "." } else { "" };
                self.given = self.given.chars().take(1).collect::<String>() + dot;
            }
            Mistake::MiddleName if dice.per_mille(500) => self.given = format!("{} {}", self.given, person.middle),
            Mistake::MiddleName => {
                let initial: String = person.middle.chars().take(1).collect();
                self.given = format!("{} {initial}.", self.given);
            }
            Mistake::Exchanged => std::mem::swap(&mut self.given, &mut self.family),
            // Women change their name more often than men, in these data as in the registers of the time.
            Mistake::OtherFamily if person.sex == Sex::Female || dice.per_mille(100) => {
                self.family = match dice.below(4) {
                    0 => format!("{}-{}", person.family, person.other_family),
                    _ => person.other_family.clone(),
                };
            }
            Mistake::Unaccented => {
                for field in [&mut self.given, &mut self.family, &mut self.street, &mut self.city] {
                    *field = unaccented(field);
                }
            }
            Mistake::Case => {
                let upper = dice.per_mille(550);
                for field in [&mut self.given, &mut self.family] {
                    *field = if upper { field.to_uppercase() } else { field.to_lowercase() };
                }
            }
            _ => {}
        }
    }

    fn spoil_address(&mut self, mistake: Mistake, person: &Person, dice: &mut Dice) {
        match mistake {
            Mistake::Moved => {
                let former = &person.former_home;
                self.street.clone_from(&former.street);
                former.town.name.clone_into(&mut self.city);
                self.postcode.clone_from(&former.postcode);
            }
            Mistake::StreetAbbreviated => self.street = abbreviated(&self.street),
            Mistake::StreetMistyped => self.street = mistyped(&self.street, dice),
            Mistake::CityMistyped => self.city = mistyped(&self.city, dice),
            Mistake::PostcodeUntidy if dice.per_mille(500) => self.postcode = self.postcode.to_lowercase(),
            Mistake::PostcodeUntidy => self.postcode = self.postcode.replace([' ', '-'], ""),
            Mistake::StreetMissing => self.street.clear(),
            _ => {}
        }
    }

    fn spoil_contact(&mut self, mistake: Mistake, person: &Person, dice: &mut Dice) {
        match mistake {
            Mistake::EmailOther => self.email.clone_from(&person.other_email),
            Mistake::EmailMistyped => {
                if let Some((name, host)) = self.email.split_once('@') {
                    self.email = format!("{}@{host}", slugged_slip(name, dice));
                }
            }
            Mistake::EmailMissing => self.email.clear(),
            Mistake::PhoneOther => {
                self.phone = match &person.landline {
                    Some(landline) if dice.per_mille(500) => landline.as_typed(dice),
                    _ => crate::phone::Phone::mobile(person.home.country, dice).as_typed(dice),
                };
            }
            Mistake::PhoneMisdialled => self.phone = misdialled(&self.phone, dice),
            Mistake::PhoneMissing => self.phone.clear(),
            _ => {}
        }
    }

    fn spoil_birth(&mut self, mistake: Mistake, person: &Person, dice: &mut Dice) {
        let born = person.born.civil();
        match mistake {
            Mistake::DayAndMonth if born.day <= 12 => {
                self.born = format!("{:04}-{:02}-{:02}", born.year, born.day, born.month);
            }
            Mistake::DayAndMonth => self.born = format!("{:02}/{:02}/{:04}", born.day, born.month, born.year),
            Mistake::BirthMistyped => self.born = misdialled(&self.born, dice),
            Mistake::BirthMissing => self.born.clear(),
            _ => {}
        }
    }

    fn leave_gaps(&mut self, source: Source, dice: &mut Dice) {
        let [email, phone, address, born] = source.gaps();
        for (field, share) in [(&mut self.email, email), (&mut self.phone, phone), (&mut self.born, born)] {
            if dice.per_mille(share) {
                field.clear();
            }
        }
        if dice.per_mille(address) {
            self.street.clear();
            // A form without an address may still ask for the town or the postcode.
            match dice.below(3) {
                0 => self.city.clear(),
                1 => self.postcode.clear(),
                _ => {
                    self.city.clear();
                    self.postcode.clear();
                }
            }
        }
    }
}

/// A slip that leaves a mail address a mail address.
fn slugged_slip(name: &str, dice: &mut Dice) -> String {
    let typed = mistyped(name, dice);
    if typed.chars().all(|sign| sign.is_ascii_graphic()) { typed } else { slug(&typed) }
}

fn abbreviated(street: &str) -> String {
    const FORMS: [(&str, &str); 14] = [
        ("Street", "St"),
        ("Road", "Rd"),
        ("Avenue", "Ave"),
        ("Lane", "Ln"),
        ("Close", "Cl"),
        ("Drive", "Dr"),
        ("Crescent", "Cres"),
        ("Boulevard", "Blvd"),
        ("straße", "str."),
        ("Calle", "C/"),
        ("Avenida", "Avda."),
        ("avenue", "av."),
        ("boulevard", "bd"),
        ("straat", "str."),
    ];
    let form = FORMS.iter().find(|(long, _)| street.contains(long));
    form.map_or_else(|| street.to_uppercase(), |(long, short)| street.replacen(long, short, 1))
}

fn moment((first, days): (Day, u32), dice: &mut Dice) -> String {
    let day = first.plus(dice.steps(days));
    let second = dice.below(86_400);
    format!("{}T{:02}:{:02}:{:02}Z", day.iso(), second / 3_600, second / 60 % 60, second % 60)
}
