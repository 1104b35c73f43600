//! The names that people have: lists by culture, the front of each list more often.

use std::sync::LazyLock;

use crate::{dice::Dice, geography::Culture, wordlist};

/// Whose list of given names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sex {
    Female,
    Male,
}

impl Sex {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        if dice.per_mille(520) { Self::Female } else { Self::Male }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Female => Self::Male,
            Self::Male => Self::Female,
        }
    }
}

struct Lists {
    female: Vec<&'static str>,
    male: Vec<&'static str>,
    family: Vec<&'static str>,
}

impl Lists {
    fn of(text: &'static str) -> Self {
        let section = |name| wordlist::section(text, name);
        Self { female: section("female"), male: section("male"), family: section("family") }
    }
}

/// In the order of [`Culture`].
static LISTS: LazyLock<[Lists; 13]> = LazyLock::new(|| {
    [
        Lists::of(include_str!("../data/names/british.txt")),
        Lists::of(include_str!("../data/names/irish.txt")),
        Lists::of(include_str!("../data/names/german.txt")),
        Lists::of(include_str!("../data/names/french.txt")),
        Lists::of(include_str!("../data/names/spanish.txt")),
        Lists::of(include_str!("../data/names/italian.txt")),
        Lists::of(include_str!("../data/names/dutch.txt")),
        Lists::of(include_str!("../data/names/polish.txt")),
        Lists::of(include_str!("../data/names/swedish.txt")),
        Lists::of(include_str!("../data/names/south_asian.txt")),
        Lists::of(include_str!("../data/names/west_african.txt")),
        Lists::of(include_str!("../data/names/chinese.txt")),
        Lists::of(include_str!("../data/names/arabic.txt")),
    ]
});

/// A given name and its familiar forms, sorted by name.
static NICKNAMES: LazyLock<Vec<(&'static str, Vec<&'static str>)>> = LazyLock::new(|| {
    let pairs = wordlist::pairs(include_str!("../data/names/nicknames.txt"));
    let mut list: Vec<_> = pairs.map(|(name, forms)| (name, forms.split(',').map(str::trim).collect())).collect();
    list.sort_unstable();
    list
});

/// A given name.
pub(crate) fn given(culture: Culture, sex: Sex, dice: &mut Dice) -> &'static str {
    let lists = &LISTS[culture as usize];
    dice.pick_common(if sex == Sex::Female { &lists.female } else { &lists.male })
}

/// A family name. Spanish people mostly have two.
pub(crate) fn family(culture: Culture, dice: &mut Dice) -> String {
    let family = &LISTS[culture as usize].family;
    let name = dice.pick_common(family);
    if culture == Culture::Spanish && dice.per_mille(700) {
        return format!("{name} {}", dice.pick_common(family));
    }
    name.to_owned()
}

/// The form of a family name for this person: Polish names in -ski and -cki have one for women.
pub(crate) fn for_sex(family: &str, culture: Culture, sex: Sex) -> String {
    let stem = family.strip_suffix("ki").filter(|stem| stem.ends_with(['s', 'c', 'z']));
    match stem {
        Some(stem) if culture == Culture::Polish && sex == Sex::Female => format!("{stem}ka"),
        _ => family.to_owned(),
    }
}

/// A familiar form of the name; `None` where none is in use.
pub(crate) fn nickname(given: &str, dice: &mut Dice) -> Option<&'static str> {
    let at = NICKNAMES.partition_point(|(name, _)| *name < given);
    NICKNAMES.get(at).filter(|(name, _)| *name == given).map(|(_, forms)| dice.pick(forms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Subject;

    #[test]
    fn every_list_is_filled() {
        for (number, lists) in LISTS.iter().enumerate() {
            let (female, male, family) = (lists.female.len(), lists.male.len(), lists.family.len());
            assert!(female >= 40 && male >= 40 && family >= 60, "list {number}: {female}, {male}, {family}");
        }
    }

    #[test]
    fn forms_of_a_name() {
        let mut dice = Dice::new(1, Subject::Person, 0);
        assert!(["Bill", "Will", "Billy", "Wills"].contains(&nickname("William", &mut dice).expect("in the list")));
        assert_eq!(nickname("Xiana", &mut dice), None);
        let cases = [("Kowalski", Sex::Female, "Kowalska"), ("Nowak", Sex::Female, "Nowak"), ("Lis", Sex::Male, "Lis")];
        for (name, sex, form) in cases {
            assert_eq!(for_sex(name, Culture::Polish, sex), form);
        }
        assert_eq!(for_sex("Kowalski", Culture::British, Sex::Female), "Kowalski");
    }
}
