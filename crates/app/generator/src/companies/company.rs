//! The companies as they are, before any system has written them down.
//!
//! A group is drawn from its first member's number. Members of a group are different companies with nearly the same
//! name, often the same website and sometimes the same address: the hard part of the truth.

use std::sync::LazyLock;

use crate::{
    dice::{Dice, Subject},
    geography::{Address, Country, Culture, UNITED_KINGDOM},
    misspelling::slug,
    people::family_name,
    phone::Phone,
    wordlist,
};

/// The ways of writing one legal form; the first is the full one that the register has.
pub(crate) type LegalForm = &'static [&'static str];

/// Country code and its legal forms, by weight.
const LEGAL_FORMS: [(&str, &[(u32, LegalForm)]); 12] = [
    ("GB", &[(75, &["Limited", "Ltd", "Ltd.", "LTD"]), (10, &["PLC", "plc", "P.L.C."]), (15, &["LLP", "L.L.P."])]),
    ("IE", &[(80, &["Limited", "Ltd", "Teo"]), (20, &["DAC", "Designated Activity Company"])]),
    (
        "DE",
        &[
            (70, &["GmbH", "G.m.b.H.", "Gmbh"]),
            (15, &["AG", "Aktiengesellschaft"]),
            (15, &["GmbH & Co. KG", "GmbH & Co KG", "KG"]),
        ],
    ),
    ("AT", &[(85, &["GmbH", "Ges.m.b.H.", "G.m.b.H."]), (15, &["AG"])]),
    ("FR", &[(50, &["SARL", "S.A.R.L.", "Sàrl"]), (35, &["SAS", "S.A.S."]), (15, &["SA", "S.A."])]),
    ("ES", &[(75, &["S.L.", "SL", "S.L.U."]), (25, &["S.A.", "SA"])]),
    ("IT", &[(70, &["S.r.l.", "Srl", "SRL"]), (30, &["S.p.A.", "SpA", "SPA"])]),
    ("NL", &[(85, &["B.V.", "BV", "bv"]), (15, &["N.V.", "NV"])]),
    ("BE", &[(60, &["BV", "B.V.", "BVBA"]), (40, &["SA/NV", "SA", "NV"])]),
    ("PL", &[(80, &["Sp. z o.o.", "Sp. z o. o.", "sp.zo.o."]), (20, &["S.A.", "SA"])]),
    ("SE", &[(100, &["AB", "Aktiebolag", "(publ) AB"])]),
    ("US", &[(50, &["Inc.", "Inc", "Incorporated"]), (40, &["LLC", "L.L.C."]), (10, &["Corp.", "Corporation"])]),
];

struct Words {
    roots: Vec<&'static str>,
    /// Name and industry.
    trades: Vec<(&'static str, &'static str)>,
    additions: Vec<&'static str>,
    subsidiaries: Vec<&'static str>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let section = |name| wordlist::section(include_str!("../data/companies.txt"), name);
    Words {
        roots: section("root"),
        trades: section("trade").into_iter().filter_map(|entry| entry.split_once('|')).collect(),
        additions: section("addition"),
        subsidiaries: section("subsidiary"),
    }
});

/// One company.
pub(crate) struct Company {
    /// Without the legal form.
    pub(crate) name: String,
    pub(crate) legal_form: LegalForm,
    /// Host name without `www.`.
    pub(crate) site: String,
    pub(crate) phone: Phone,
    pub(crate) home: Address,
    pub(crate) former_home: Address,
    pub(crate) vat_id: String,
    pub(crate) industry: &'static str,
    pub(crate) employees: u32,
}

/// What the members of a group share.
struct Group {
    name: String,
    trade: &'static str,
    industry: &'static str,
    site: String,
    home: Address,
}

impl Group {
    fn draw(seed: u64, leader: u32) -> Self {
        let mut dice = Dice::new(seed, Subject::CompanyGroup, u64::from(leader));
        let country = Country::draw(&mut dice);
        let home = Address::draw(country, &mut dice);
        let culture = country.culture(&mut dice);
        let (trade, industry) = dice.pick_common(&WORDS.trades);
        let stem = stem(culture, home.town.name, &mut dice);
        let addition = if dice.per_mille(350) { dice.pick_common(&WORDS.additions) } else { "" };
        let name = match dice.below(5) {
            0 if !addition.is_empty() => format!("{stem} {addition}"),
            _ if !addition.is_empty() => format!("{stem} {trade} {addition}"),
            _ => format!("{stem} {trade}"),
        };
        let ending = if country.code == "GB" {
            "co.uk.example".to_owned()
        } else {
            format!("{}.example", country.code.to_lowercase())
        };
        let short = if dice.per_mille(400) { slug(&stem) } else { format!("{}-{}", slug(&stem), slug(trade)) };
        Self { name, trade, industry, site: format!("{short}.{ending}"), home }
    }
}

/// The distinctive first part of a name: an invented word, a family, or a town.
fn stem(culture: Culture, town: &str, dice: &mut Dice) -> String {
    match dice.below(10) {
        0..=4 => dice.pick(&WORDS.roots).to_owned(),
        5 => format!("{} & {}", family_name(culture, dice), family_name(culture, dice)),
        6..=8 => family_name(culture, dice),
        _ => town.to_owned(),
    }
}

impl Company {
    /// The company with this number, which is at `position` of the group of `leader`.
    pub(crate) fn draw(seed: u64, entity: u32, leader: u32, position: u8) -> Self {
        let group = Group::draw(seed, leader);
        let mut dice = Dice::new(seed, Subject::Company, u64::from(entity));
        let same_house = position == 0 || dice.per_mille(300);
        let country = if position == 0 || dice.per_mille(600) { group.home.country } else { &UNITED_KINGDOM };
        let home = if same_house { group.home.clone() } else { Address::draw(country, &mut dice) };
        let name = match position {
            0 => group.name,
            _ => format!("{} {}", group.name, dice.pick(&WORDS.subsidiaries)),
        };
        let site = match position {
            0 => group.site,
            _ if dice.per_mille(600) => group.site,
            _ => format!("{}-{}", slug(group.trade), group.site),
        };
        let forms =
            LEGAL_FORMS.iter().find(|(code, _)| *code == home.country.code).map_or(LEGAL_FORMS[0].1, |found| found.1);
        Self {
            name,
            legal_form: dice.weighted(forms),
            site,
            phone: Phone::fixed(&home, &mut dice),
            former_home: Address::draw(home.country, &mut dice),
            vat_id: dice.fill(if home.country.code == "US" { "##-#######" } else { "#########" }),
            industry: group.industry,
            employees: dice.quantile(&[(0, 1), (400, 8), (700, 30), (900, 180), (980, 900), (1_000, 9_000)]),
            home,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_group_are_alike_and_apart() {
        for leader in (0..400).step_by(4) {
            let parent = Company::draw(9, leader, leader, 0);
            let child = Company::draw(9, leader + 1, leader, 1);
            assert!(child.name.starts_with(&parent.name), "{} / {}", parent.name, child.name);
            assert_ne!(parent.name, child.name);
            assert_eq!(parent.industry, child.industry);
        }
    }

    #[test]
    fn every_list_is_filled() {
        assert!(WORDS.roots.len() >= 100 && WORDS.trades.len() >= 30);
        assert!(WORDS.additions.len() >= 10 && WORDS.subsidiaries.len() >= 10);
    }
}
