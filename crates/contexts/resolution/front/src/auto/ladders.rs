//! Which tests and which blocking keys suit what a column holds.

use resolution_engine::{
    block::Key,
    compare::Test::{
        self, DamerauLevenshtein, DayMonthSwapped, Days, Exact, Initial, JaroWinkler, Kilometres, LocalPart, Nickname,
        Prefix, Ratio, SharedWords, Suffix, Swapped, Trigrams, Truncated, TwoOfThree, WordOverlap, Words,
    },
};

use crate::{
    model::{Comparison, Level, ModelColumn, Odds},
    standard::Kind,
};

/// Words of headers that name a place a postcode lies in.
const AREAS: [&str; 9] = ["city", "town", "suburb", "locality", "county", "state", "region", "province", "country"];

/// One comparison for each of these columns.
#[must_use]
pub fn comparisons(columns: &[ModelColumn]) -> Vec<Comparison> {
    let of = |kind: Kind| columns.iter().find(|column| column.kind == kind).map(|column| column.name.clone());
    let (given_name, surname) = (of(Kind::GivenName), of(Kind::Surname));
    let (postcode, address) = (of(Kind::Postcode), of(Kind::Address));
    let comparison = |column: &ModelColumn| {
        let swaps = (Some(&column.name) == given_name.as_ref()).then(|| surname.clone()).flatten();
        let (tests, rarity) = ladder(column.kind, swaps.is_some());
        let lower = column.name.to_lowercase();
        let given: Vec<String> = match column.kind {
            Kind::Email => given_name.iter().chain(&surname).cloned().collect(),
            // Families share their address with their name, and neighbours their town.
            Kind::Surname | Kind::Phone | Kind::Postcode => address.iter().cloned().collect(),
            Kind::Label | Kind::Category if AREAS.iter().any(|area| lower.contains(area)) => {
                postcode.iter().chain(&address).take(1).cloned().collect()
            }
            _ => Vec::new(),
        };
        let level = |test: Test| Level { test, odds: Odds::default() };
        Comparison {
            column: column.name.clone(),
            swaps_with: swaps,
            given,
            rarity,
            levels: tests.into_iter().map(level).collect(),
            otherwise: Odds::default(),
        }
    };
    columns.iter().map(comparison).collect()
}

/// Tests for a column, from the strongest agreement down, and how far the rarity of an agreed text counts.
fn ladder(kind: Kind, has_partner: bool) -> (Vec<Test>, f32) {
    let mut tests = match kind {
        Kind::GivenName => vec![Exact, Nickname, JaroWinkler(0.92), Initial, JaroWinkler(0.82), JaroWinkler(0.7)],
        Kind::Surname => vec![Exact, JaroWinkler(0.94), JaroWinkler(0.88), Truncated, JaroWinkler(0.75)],
        Kind::FullName | Kind::CompanyName => {
            vec![Exact, WordOverlap(1.0), JaroWinkler(0.94), Trigrams(0.75), Trigrams(0.55), Trigrams(0.35)]
        }
        Kind::Date => vec![
            Exact,
            DayMonthSwapped,
            DamerauLevenshtein(1),
            TwoOfThree,
            DamerauLevenshtein(2),
            Prefix(4),
            Days(1_100),
        ],
        Kind::Email => vec![Exact, LocalPart, DamerauLevenshtein(1), JaroWinkler(0.93), JaroWinkler(0.85)],
        Kind::Phone => vec![Exact, DamerauLevenshtein(1), Suffix(7), DamerauLevenshtein(2), Prefix(6)],
        Kind::Postcode => vec![Exact, DamerauLevenshtein(1), Prefix(4), Prefix(3), Prefix(2)],
        Kind::Address => vec![Exact, JaroWinkler(0.95), Trigrams(0.75), Trigrams(0.5), Trigrams(0.3)],
        Kind::Identifier => vec![Exact, DamerauLevenshtein(1), DamerauLevenshtein(2)],
        Kind::Code => vec![Exact, DamerauLevenshtein(1)],
        Kind::Number => vec![Exact, Ratio(0.98), Ratio(0.9), Ratio(0.75), Ratio(0.5)],
        Kind::Coordinates => vec![Exact, Kilometres(0.2), Kilometres(2.0), Kilometres(20.0)],
        Kind::Category => vec![Exact],
        Kind::List => vec![Exact, SharedWords(3), SharedWords(2), WordOverlap(1.0), SharedWords(1)],
        Kind::Label => vec![Exact, JaroWinkler(0.92), WordOverlap(1.0), JaroWinkler(0.8)],
        Kind::Title => vec![
            Exact,
            Trigrams(0.85),
            Trigrams(0.7),
            Trigrams(0.6),
            Trigrams(0.5),
            Trigrams(0.4),
            Trigrams(0.33),
            Trigrams(0.26),
            Trigrams(0.2),
            Trigrams(0.14),
            Trigrams(0.08),
        ],
        Kind::Text => {
            vec![Exact, Words(0.7), Words(0.5), Words(0.35), Words(0.25), Words(0.15), Words(0.08), Words(0.03)]
        }
    };
    if has_partner {
        tests.insert(1, Swapped);
    }
    let rarity = match kind {
        Kind::Coordinates | Kind::Number | Kind::Text => 0.0,
        _ => 1.0,
    };
    (tests, rarity)
}

/// Keys that a blocking rule may use, with the share of near agreements that still share the key.
#[must_use]
pub fn atoms(kind: Kind) -> Vec<(Key, f64)> {
    let exact = (Key::Exact, 0.0);
    match kind {
        Kind::GivenName => vec![exact, (Key::Sound, 0.5), (Key::Prefix(1), 0.75), (Key::Prefix(3), 0.5)],
        Kind::Surname => vec![exact, (Key::Sound, 0.5), (Key::Prefix(4), 0.5), (Key::Prefix(2), 0.7)],
        Kind::FullName | Kind::CompanyName => {
            vec![exact, (Key::SortedWords, 0.2), (Key::Word(5), 0.8), (Key::Prefix(5), 0.5)]
        }
        Kind::Date => vec![exact, (Key::Year, 0.6), (Key::MonthDay, 0.5)],
        Kind::Email => vec![exact, (Key::LocalPart, 0.4), (Key::Prefix(6), 0.5)],
        Kind::Phone => vec![exact, (Key::Suffix(6), 0.5), (Key::Prefix(6), 0.5)],
        Kind::Postcode => vec![exact, (Key::Prefix(3), 0.6), (Key::Prefix(2), 0.7)],
        Kind::Address => vec![exact, (Key::Word(5), 0.8), (Key::Prefix(6), 0.5)],
        Kind::Identifier => vec![exact, (Key::Prefix(4), 0.5), (Key::Suffix(3), 0.5)],
        Kind::Code | Kind::Label => vec![exact, (Key::Prefix(3), 0.5)],
        Kind::Title | Kind::List => vec![exact, (Key::Word(10), 0.9)],
        Kind::Category => vec![exact],
        Kind::Coordinates | Kind::Number | Kind::Text => Vec::new(),
    }
}
