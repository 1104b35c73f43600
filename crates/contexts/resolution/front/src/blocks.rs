//! Which pairs are looked at: the blocking rules of a run, chosen in two turns.
//!
//! The first rules are chosen by what is usual of such columns. When they have given groups, more are chosen by the pairs inside
//! the groups that no rule gives: those hang together through a third record, and others like them do not hang together yet.

use resolution_engine::{
    block::{Blocking, Blocks, Key, KeyCache, Part, Rule, Sides},
    column::{Column, NULL},
    compare::Ladder,
    train::Parameters,
};

use crate::{
    ResolutionError,
    auto::{Atom, Choice, MOST_RULES, atoms, choose, observed, simulated},
    records::Records,
};

/// Pairs that are compared at most: so many a record, between these bounds.
const FEWEST_PAIRS: u64 = 2_000_000;
const PAIRS_PER_RECORD: u64 = 100;
const MOST_PAIRS: u64 = 12_000_000;
const PAIRS_PER_RECORD_BEYOND: u64 = 8;
/// A rule that a model names may not give more pairs than this many a record.
const EXPLODING: u64 = 1_000;
/// Rules that are chosen before there are groups.
const FIRST_RULES: usize = 12;
/// Pairs inside groups by which more rules are chosen, about; of fewer than the least nothing is learnt.
const OBSERVED: u64 = 50_000;
const LEAST_OBSERVED: usize = 200;

/// Pairs that more rules may give: so many times those of the first, or at least so many.
const MORE: u64 = 2;
const FEWEST_MORE: u64 = 200_000;

/// Chooses the first rules. Where there will be no groups, between two sets, they are all.
pub(crate) fn first_rules(
    records: &Records,
    ladders: &[Ladder],
    parameters: &Parameters,
    cache: &mut KeyCache,
) -> Choice {
    let offered = offered(records, ladders, parameters, cache);
    let most = if records.sides == Sides::Within { FIRST_RULES } else { MOST_RULES };
    let matches = simulated(&offered);
    choose(&offered, &records.columns, records.sides, (matches, most, budget(records)), cache)
}

/// Chooses more rules, by groups and their records. `have` are the rules that there are.
pub(crate) fn more_rules(
    records: &Records,
    (ladders, parameters): (&[Ladder], &Parameters),
    cache: &mut KeyCache,
    (have, spent): (&[Rule], u64),
    members: &[(u32, u32)],
) -> Choice {
    let given = Blocking::of(have, &records.columns, cache, records.sides);
    let (missed, among) = missed_inside(members, &given);
    if among < LEAST_OBSERVED {
        return Choice::default();
    }
    let offered = offered(records, ladders, parameters, cache);
    let matches = observed(&offered, &records.columns, cache, (&missed, among));
    let left = budget(records).saturating_sub(spent).min((MORE * spent).max(FEWEST_MORE));
    let most = MOST_RULES.saturating_sub(have.len());
    choose(&offered, &records.columns, records.sides, (matches, most, left), cache)
}

/// Of the pairs of some groups those that these rules do not give, and how many pairs were looked at.
fn missed_inside(members: &[(u32, u32)], given: &Blocking) -> (Vec<(u32, u32)>, usize) {
    let groups: Vec<&[(u32, u32)]> = members.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1).collect();
    let all: u64 = groups.iter().map(|group| (group.len() * (group.len() - 1) / 2) as u64).sum();
    let every = (all / OBSERVED).max(1);
    let some = groups.iter().zip(0_u64..).filter(|(_, number)| number.is_multiple_of(every));
    let (mut missed, mut among) = (Vec::new(), 0);
    for (group, _) in some {
        for (at, (_, a)) in group.iter().enumerate() {
            among += group.len() - at - 1;
            missed.extend(group[at + 1..].iter().map(|(_, b)| (*a, *b)).filter(|(a, b)| !given.gives(*a, *b)));
        }
    }
    (missed, among)
}

/// Pairs that may be compared.
fn budget(records: &Records) -> u64 {
    let (rows, all) = (u64::from(records.rows()), records.sides.all_pairs(records.order.len()));
    (PAIRS_PER_RECORD * rows)
        .min(MOST_PAIRS.max(PAIRS_PER_RECORD_BEYOND * rows))
        .clamp(FEWEST_PAIRS.min(all), all.max(1))
}

/// The keys that rules may use, and what is known of them.
fn offered(records: &Records, ladders: &[Ladder], parameters: &Parameters, cache: &mut KeyCache) -> Vec<Atom> {
    let mut offered = Vec::new();
    for (comparison, ladder) in ladders.iter().enumerate() {
        let column = &records.columns[ladder.column];
        let filled = 1.0 - share_of_null(column);
        for (key, near) in atoms(records.kinds[ladder.column]) {
            let part = Part { column: ladder.column, key };
            cache.learn(&[Rule { parts: vec![part], max_block: usize::MAX }], &records.columns);
            let (keyed, chance) = cache.chance(part, column);
            offered.push(Atom { part, filled, keyed, equal: parameters.m[comparison][1], near, chance });
        }
    }
    offered
}

fn share_of_null(column: &Column) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    let rows = column.ids.len().max(1) as f64;
    f64::from(column.values.count(NULL)) / rows
}

/// A rule in words.
pub(crate) fn describe(rule: &Rule, names: &[String]) -> String {
    rule.parts.iter().map(|part| key_in_words(part.key, &names[part.column])).collect::<Vec<_>>().join(" and ")
}

/// A key of a column in words.
pub(crate) fn key_in_words(key: Key, name: &str) -> String {
    match key {
        Key::Exact => name.to_owned(),
        Key::Prefix(length) => format!("first {length} of {name}"),
        Key::Suffix(length) => format!("last {length} of {name}"),
        Key::Sound => format!("sound of {name}"),
        Key::Year => format!("year of {name}"),
        Key::MonthDay => format!("month and day of {name}"),
        Key::LocalPart => format!("local part of {name}"),
        Key::SortedWords => format!("words of {name}"),
        Key::Word(_) => format!("a rare word of {name}"),
        Key::Deletion => format!("{name} but one letter"),
    }
}

/// A rule that a model states may not give more pairs than a run can look at.
pub(crate) fn refuse_exploding(records: &Records, rules: &[Rule], blocks: &[Blocks]) -> Result<(), ResolutionError> {
    let most = (EXPLODING * u64::from(records.rows())).max(FEWEST_PAIRS);
    match rules.iter().zip(blocks).find(|(_, blocks)| blocks.pairs > most) {
        None => Ok(()),
        Some((rule, blocks)) => {
            Err(ResolutionError::ExplodingRule { rule: describe(rule, &records.names), pairs: blocks.pairs, most })
        }
    }
}
