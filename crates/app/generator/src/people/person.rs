//! The people as they are, before any system has written them down.
//!
//! A household is drawn from its first member's number, so that any member can be made alone. Households are where the
//! truth gets hard: partners share an address and a telephone, a son his father's name, twins a date of birth.

use crate::{
    civil::Day,
    dice::{Dice, Subject},
    geography::{Address, Country, Culture},
    misspelling::slug,
    people::names::{self, Sex},
    phone::Phone,
};

/// What the members of a household are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Two partners, then children.
    Family,
    /// A father and a son of the same name, then other children.
    Namesakes,
    /// Twins, then other brothers and sisters.
    Twins,
    /// People who share a flat.
    Sharers,
}

const KINDS: [(u32, Kind); 4] = [(60, Kind::Family), (9, Kind::Namesakes), (8, Kind::Twins), (23, Kind::Sharers)];

/// Nobody is born outside these days.
const FIRST_BIRTH: Day = Day::of(1921, 1, 1);
const LAST_BIRTH: Day = Day::of(1994, 12, 31);
const DAYS_PER_YEAR: u32 = 365;
/// A partner is at most eight years older.
const PARTNERS_APART: i32 = 8 * 365;

/// What the members have in common, and the first of them.
struct Household {
    kind: Kind,
    country: &'static Country,
    culture: Culture,
    family: String,
    home: Address,
    landline: Option<Phone>,
    sex: Sex,
    given: &'static str,
    born: Day,
}

/// One person.
pub(crate) struct Person {
    pub(crate) sex: Sex,
    pub(crate) given: &'static str,
    pub(crate) middle: &'static str,
    pub(crate) family: String,
    /// The name before marriage, or after it: what an older or newer record says.
    pub(crate) other_family: String,
    pub(crate) born: Day,
    pub(crate) home: Address,
    pub(crate) former_home: Address,
    pub(crate) email: String,
    pub(crate) other_email: String,
    pub(crate) mobile: Phone,
    pub(crate) landline: Option<Phone>,
}

/// The country of a household, without the rest of it.
pub(crate) fn country_of(seed: u64, leader: u32) -> &'static Country {
    Country::draw(&mut Dice::new(seed, Subject::Household, u64::from(leader)))
}

impl Household {
    fn draw(seed: u64, leader: u32) -> Self {
        let mut dice = Dice::new(seed, Subject::Household, u64::from(leader));
        // First, because `country_of` relies on it.
        let country = Country::draw(&mut dice);
        let kind = dice.weighted(&KINDS);
        let culture = country.culture(&mut dice);
        let home = Address::draw(country, &mut dice);
        let landline = dice.per_mille(450).then(|| Phone::fixed(&home, &mut dice));
        let sex = if kind == Kind::Namesakes { Sex::Male } else { Sex::draw(&mut dice) };
        // A namesake needs a father who is old enough.
        let last = if kind == Kind::Namesakes { Day::of(1966, 1, 1) } else { LAST_BIRTH };
        let born = between(FIRST_BIRTH, last, &mut dice);
        let given = names::given(culture, sex, &mut dice);
        Self { kind, country, culture, family: names::family(culture, &mut dice), home, landline, sex, given, born }
    }

    /// Sex, given name and day of birth of the member at a position.
    fn member(&self, position: u8, dice: &mut Dice) -> (Sex, &'static str, Day) {
        match (self.kind, position) {
            (_, 0) => (self.sex, self.given, self.born),
            (Kind::Namesakes, 1) => (Sex::Male, self.given, self.child(dice)),
            (Kind::Twins, 1) => {
                let sex = Sex::draw(dice);
                // Parents of twins like the same initial; some draws do not find one.
                let names: [&'static str; 6] = std::array::from_fn(|_| names::given(self.culture, sex, dice));
                let like = |name: &&&str| **name != self.given && name.chars().next() == self.given.chars().next();
                (sex, names.iter().find(like).copied().unwrap_or(names[0]), self.born)
            }
            (Kind::Family, 1) => {
                let sex = self.sex.other();
                let born = self.born.plus(dice.steps(16 * DAYS_PER_YEAR) - PARTNERS_APART);
                (sex, names::given(self.culture, sex, dice), born.clamp(FIRST_BIRTH, LAST_BIRTH))
            }
            (Kind::Sharers, _) => {
                let sex = Sex::draw(dice);
                (sex, names::given(self.culture, sex, dice), between(Day::of(1965, 1, 1), LAST_BIRTH, dice))
            }
            _ => {
                let sex = Sex::draw(dice);
                (sex, names::given(self.culture, sex, dice), self.child(dice))
            }
        }
    }

    /// A parent is between 21 and 39; nobody is born after the last day, so late children get a date close to it.
    fn child(&self, dice: &mut Dice) -> Day {
        let born = self.born.plus(21 * 365 + dice.steps(18 * DAYS_PER_YEAR));
        born.min(LAST_BIRTH.plus(-dice.steps(900)))
    }
}

impl Person {
    /// The person with this number, who is at `position` of the household of `leader`.
    pub(crate) fn draw(seed: u64, entity: u32, leader: u32, position: u8) -> Self {
        let household = Household::draw(seed, leader);
        let mut dice = Dice::new(seed, Subject::Person, u64::from(entity));
        let (sex, given, born) = household.member(position, &mut dice);
        let own_name = match household.kind {
            Kind::Sharers => position > 0,
            // Some partners keep the name that they were born with.
            Kind::Family => position == 1 && dice.per_mille(250),
            Kind::Namesakes | Kind::Twins => false,
        };
        let family = if own_name { names::family(household.culture, &mut dice) } else { household.family.clone() };
        let family = names::for_sex(&family, household.culture, sex);
        let country = household.country;
        let other_family = names::for_sex(&names::family(household.culture, &mut dice), household.culture, sex);
        let (email, other_email) = (email(given, &family, born, &mut dice), email(given, &family, born, &mut dice));
        Self {
            sex,
            given,
            middle: names::given(household.culture, sex, &mut dice),
            other_family,
            born,
            former_home: Address::draw(country, &mut dice),
            email,
            other_email,
            mobile: Phone::mobile(country, &mut dice),
            family,
            home: household.home,
            landline: household.landline,
        }
    }
}

fn between(first: Day, last: Day, dice: &mut Dice) -> Day {
    first.plus(dice.steps(first.days_to(last) + 1))
}

fn email(given: &str, family: &str, born: Day, dice: &mut Dice) -> String {
    static HOSTS: std::sync::LazyLock<Vec<&'static str>> = std::sync::LazyLock::new(|| {
        let lines = include_str!("../data/email.txt").lines().filter(|line| !line.starts_with('#'));
        lines.flat_map(|line| line.split(',')).map(str::trim).filter(|host| !host.is_empty()).collect()
    });
    let (given, family) = (slug(given), slug(family));
    let host = dice.pick_common(&HOSTS);
    let initial = given.get(..1).unwrap_or_default();
    let year = born.civil().year;
    match dice.below(8) {
        0 | 1 => format!("{given}.{family}@{host}"),
        2 => format!("{initial}.{family}@{host}"),
        3 => format!("{given}{family}{:02}@{host}", year % 100),
        4 => format!("{initial}{family}{}@{host}", dice.between(1, 99)),
        5 => format!("{given}_{family}@{host}"),
        6 => format!("{family}.{given}{}@{host}", dice.between(1, 999)),
        _ => format!("{given}{year}@{host}"),
    }
}
