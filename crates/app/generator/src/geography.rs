//! Countries, towns and streets, and the names that people there have.
//!
//! Towns, calling codes and forms of postcodes are real; house numbers and the rest of a postcode are drawn, so an
//! address may or may not exist. Shares of countries are made up: mostly the United Kingdom, then its neighbours.

use std::sync::LazyLock;

use crate::{dice::Dice, wordlist};

/// Whose names a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Culture {
    British,
    Irish,
    German,
    French,
    Spanish,
    Italian,
    Dutch,
    Polish,
    Swedish,
    SouthAsian,
    WestAfrican,
    Chinese,
    Arabic,
}

/// One country and how its people write addresses and telephone numbers.
pub(crate) struct Country {
    /// ISO 3166-1.
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    /// The name that the shop's sales system uses.
    pub(crate) sales_name: &'static str,
    pub(crate) calling_code: &'static str,
    /// Digit that is dialled first inside the country; empty where there is none.
    pub(crate) trunk: &'static str,
    /// Mobile number without trunk digit; `#` is a digit.
    pub(crate) mobile: &'static str,
    /// Digits of a national number without trunk digit.
    pub(crate) digits: usize,
    streets: &'static str,
    number_first: bool,
    cultures: &'static [(u32, Culture)],
}

/// Where somebody lives or works.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub(crate) street: String,
    pub(crate) postcode: String,
    pub(crate) town: &'static Town,
    pub(crate) country: &'static Country,
}

/// One town.
#[derive(Debug)]
pub(crate) struct Town {
    pub(crate) name: &'static str,
    pub(crate) area: &'static str,
    postcode: &'static str,
}

impl std::fmt::Debug for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code)
    }
}

const BRITAIN: &[(u32, Culture)] = &[
    (76, Culture::British),
    (4, Culture::Irish),
    (9, Culture::SouthAsian),
    (3, Culture::Polish),
    (3, Culture::WestAfrican),
    (2, Culture::Chinese),
    (2, Culture::Arabic),
    (1, Culture::Italian),
];
const AMERICA: &[(u32, Culture)] = &[
    (60, Culture::British),
    (15, Culture::Spanish),
    (8, Culture::Irish),
    (6, Culture::German),
    (4, Culture::Italian),
    (4, Culture::Chinese),
    (3, Culture::SouthAsian),
];

/// Weight and country.
static COUNTRIES: [(u32, &Country); 12] = [
    (700, &UNITED_KINGDOM),
    (65, &GERMANY),
    (50, &FRANCE),
    (30, &SPAIN),
    (25, &ITALY),
    (25, &NETHERLANDS),
    (20, &POLAND),
    (15, &SWEDEN),
    (35, &IRELAND),
    (15, &UNITED_STATES),
    (8, &AUSTRIA),
    (12, &BELGIUM),
];

pub(crate) static UNITED_KINGDOM: Country = Country {
    code: "GB",
    name: "United Kingdom",
    sales_name: "United Kingdom",
    calling_code: "44",
    trunk: "0",
    mobile: "7#########",
    digits: 10,
    streets: "english",
    number_first: true,
    cultures: BRITAIN,
};
static GERMANY: Country = Country {
    code: "DE",
    name: "Germany",
    sales_name: "Germany",
    calling_code: "49",
    mobile: "15#########",
    streets: "german",
    number_first: false,
    cultures: &[(86, Culture::German), (6, Culture::Arabic), (5, Culture::Polish), (3, Culture::Italian)],
    ..UNITED_KINGDOM
};
static FRANCE: Country = Country {
    code: "FR",
    name: "France",
    sales_name: "France",
    calling_code: "33",
    mobile: "6########",
    digits: 9,
    streets: "french",
    cultures: &[(86, Culture::French), (7, Culture::Arabic), (4, Culture::WestAfrican), (3, Culture::Spanish)],
    ..UNITED_KINGDOM
};
static SPAIN: Country = Country {
    code: "ES",
    name: "Spain",
    sales_name: "Spain",
    calling_code: "34",
    trunk: "",
    mobile: "6########",
    digits: 9,
    streets: "spanish",
    number_first: false,
    cultures: &[(97, Culture::Spanish), (3, Culture::Arabic)],
};
static ITALY: Country = Country {
    code: "IT",
    name: "Italy",
    sales_name: "Italy",
    calling_code: "39",
    mobile: "3#########",
    digits: 10,
    streets: "italian",
    cultures: &[(98, Culture::Italian), (2, Culture::Arabic)],
    ..SPAIN
};
static NETHERLANDS: Country = Country {
    code: "NL",
    name: "Netherlands",
    sales_name: "Netherlands",
    calling_code: "31",
    mobile: "6########",
    digits: 9,
    streets: "dutch",
    cultures: &[(90, Culture::Dutch), (5, Culture::Arabic), (5, Culture::German)],
    ..GERMANY
};
static POLAND: Country = Country {
    code: "PL",
    name: "Poland",
    sales_name: "Poland",
    calling_code: "48",
    mobile: "5########",
    digits: 9,
    streets: "polish",
    cultures: &[(100, Culture::Polish)],
    ..SPAIN
};
static SWEDEN: Country = Country {
    code: "SE",
    name: "Sweden",
    sales_name: "Sweden",
    calling_code: "46",
    mobile: "7########",
    digits: 9,
    streets: "swedish",
    cultures: &[(93, Culture::Swedish), (5, Culture::Arabic), (2, Culture::Polish)],
    ..GERMANY
};
static IRELAND: Country = Country {
    code: "IE",
    name: "Ireland",
    sales_name: "EIRE",
    calling_code: "353",
    mobile: "8########",
    digits: 9,
    cultures: &[(84, Culture::Irish), (10, Culture::British), (4, Culture::Polish), (2, Culture::WestAfrican)],
    ..UNITED_KINGDOM
};
static UNITED_STATES: Country = Country {
    code: "US",
    name: "United States",
    sales_name: "USA",
    calling_code: "1",
    trunk: "",
    mobile: "9#########",
    streets: "american",
    cultures: AMERICA,
    ..UNITED_KINGDOM
};
static AUSTRIA: Country = Country {
    code: "AT",
    name: "Austria",
    sales_name: "Austria",
    calling_code: "43",
    mobile: "66########",
    cultures: &[(92, Culture::German), (4, Culture::Arabic), (4, Culture::Polish)],
    ..GERMANY
};
static BELGIUM: Country = Country {
    code: "BE",
    name: "Belgium",
    sales_name: "Belgium",
    calling_code: "32",
    mobile: "47#######",
    digits: 9,
    streets: "dutch",
    cultures: &[(60, Culture::Dutch), (36, Culture::French), (4, Culture::Arabic)],
    ..GERMANY
};

/// The lists of one country.
struct Lists {
    towns: Vec<Town>,
    streets: Vec<&'static str>,
}

static LISTS: LazyLock<Vec<(&'static str, Lists)>> = LazyLock::new(|| {
    let lists = |country: &Country| Lists {
        towns: wordlist::lines(include_str!("data/places.txt"), country.code).filter_map(town).collect(),
        streets: wordlist::section(include_str!("data/streets.txt"), country.streets),
    };
    COUNTRIES.iter().map(|(_, country)| (country.code, lists(country))).collect()
});

fn town(line: &'static str) -> Option<Town> {
    let mut parts = line.split('|');
    Some(Town { name: parts.next()?, postcode: parts.next()?, area: parts.next()? })
}

impl Country {
    /// Some country, as often as its weight says.
    pub(crate) fn draw(dice: &mut Dice) -> &'static Self {
        dice.weighted(&COUNTRIES)
    }

    /// Whose names somebody in this country has.
    pub(crate) fn culture(&self, dice: &mut Dice) -> Culture {
        dice.weighted(self.cultures)
    }

    fn lists(&self) -> &'static Lists {
        let found = LISTS.iter().find(|(code, _)| *code == self.code);
        // Every country of the table has its lists; the first is as good as any for one that had none.
        found.map_or(&LISTS[0].1, |(_, lists)| lists)
    }
}

impl Address {
    /// Some address in the country.
    pub(crate) fn draw(country: &'static Country, dice: &mut Dice) -> Self {
        let lists = country.lists();
        let town = &lists.towns[dice.skewed(u32::try_from(lists.towns.len()).unwrap_or(u32::MAX)) as usize];
        let name = dice.pick_common(&lists.streets);
        let number = 1 + dice.skewed(240);
        let flat = if dice.per_mille(60) { ["a", "b", "c"][dice.below(3) as usize] } else { "" };
        let street =
            if country.number_first { format!("{number}{flat} {name}") } else { format!("{name} {number}{flat}") };
        Self { street, postcode: dice.fill(town.postcode), town, country }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Subject;

    #[test]
    fn every_country_has_towns_and_streets_of_its_own() {
        let mut places = 0;
        for (_, country) in &COUNTRIES {
            let lists = country.lists();
            assert!(lists.towns.len() >= 6 && lists.streets.len() >= 24, "{country:?}");
            assert!(wordlist::lines(include_str!("data/places.txt"), country.code).count() == lists.towns.len());
            for town in &lists.towns {
                assert!(town.area.len() < country.digits && town.postcode.len() >= 3, "{town:?}");
            }
            places += lists.towns.len();
        }
        assert!(places > 200, "{places}");
    }

    #[test]
    fn most_addresses_are_british() {
        let mut dice = Dice::new(3, Subject::Household, 0);
        let british = (0..1_000).filter(|_| Country::draw(&mut dice).code == "GB").count();
        assert!((640..760).contains(&british), "{british}");
    }
}
