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
/// Records of one group whose pairs are looked at: those of a giant, millions, would say more of it than of all other groups,
/// and fill the memory.
const MOST_MEMBERS: usize = 100;
/// Missed pairs that are kept: each of some thousand candidate rules is held against all of them, once a rule that is chosen.
const MOST_MISSED: usize = 6_000;

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
    let (missed, among) = missed_inside(members, |a, b| given.gives(a, b));
    if among < LEAST_OBSERVED {
        return Choice::default();
    }
    let offered = offered(records, ladders, parameters, cache);
    let matches = observed(&offered, &records.columns, cache, (&missed, among));
    let left = budget(records).saturating_sub(spent).min((MORE * spent).max(FEWEST_MORE));
    let most = MOST_RULES.saturating_sub(have.len());
    choose(&offered, &records.columns, records.sides, (matches, most, left), cache)
}

/// Of some pairs inside groups those that these rules do not give, and how many pairs these are among: where not all that are
/// missed are kept, as many fewer.
fn missed_inside(members: &[(u32, u32)], gives: impl Fn(u32, u32) -> bool) -> (Vec<(u32, u32)>, usize) {
    let groups: Vec<&[(u32, u32)]> = members.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1).collect();
    let pairs = |group: &&[(u32, u32)]| {
        let size = group.len().min(MOST_MEMBERS);
        (size * (size - 1) / 2) as u64
    };
    let every = (groups.iter().map(pairs).sum::<u64>() / OBSERVED).max(1);
    let some = groups.iter().zip(0_u64..).filter(|(_, number)| number.is_multiple_of(every));
    let (mut missed, mut among) = (Vec::new(), 0);
    for (group, _) in some {
        let records: Vec<u32> = spread(group.len(), MOST_MEMBERS).map(|at| group[at].1).collect();
        for (at, a) in records.iter().enumerate() {
            among += records.len() - at - 1;
            missed.extend(records[at + 1..].iter().map(|b| (*a, *b)).filter(|(a, b)| !gives(*a, *b)));
        }
    }
    let kept: Vec<(u32, u32)> = spread(missed.len(), MOST_MISSED).map(|at| missed[at]).collect();
    let among = among * kept.len().max(1) / missed.len().max(1);
    (kept, among)
}

/// At most so many places of a list, evenly spread.
fn spread(length: usize, most: usize) -> impl Iterator<Item = usize> {
    let taken = length.min(most);
    (0..taken).map(move |at| at * length / taken)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Table, auto::propose, model::compile};

    #[test]
    fn more_rules_give_what_the_groups_show_to_be_missed() {
        // Two records of each of 600 people: the same mail, another town.
        let mails: Vec<String> = (0..1_200).map(|row| format!("mail{}@mail.test", row % 600)).collect();
        let towns: Vec<String> = (0..1_200).map(|row| format!("town{}", row % 7)).collect();
        let columns = vec![
            ("email".to_owned(), mails.iter().map(String::as_str)),
            ("city".to_owned(), towns.iter().map(String::as_str)),
        ];
        let tables = [Table::of_texts("f.csv", columns)];
        let records = Records::of(&propose(&tables, &[]), &tables).expect("records");
        let ladders = compile(&records.model, &["email", "city"]).ladders;
        let u = ladders.iter().map(|ladder| vec![0.1; ladder.levels()]).collect();
        let parameters = Parameters::start(&ladders, u, 0.001);
        let mut members: Vec<(u32, u32)> = records.order.iter().map(|record| record % 600).zip(0..).collect();
        members.sort_unstable();
        let have = [Rule { parts: vec![Part { column: 1, key: Key::Exact }], max_block: 1_000 }];
        let mut cache = KeyCache::default();
        cache.learn(&have, &records.columns);
        let more = more_rules(&records, (&ladders, &parameters), &mut cache, (&have, 1_000), &members);
        let given = Blocking::of(&more.rules, &records.columns, &cache, records.sides);
        assert!(members.chunks(2).all(|pair| given.gives(pair[0].1, pair[1].1)), "{:?}", more.rules);
        // Of too few pairs nothing is learnt.
        let few = more_rules(&records, (&ladders, &parameters), &mut cache, (&have, 1_000), &members[..200]);
        assert!(few.rules.is_empty(), "{:?}", few.rules);
    }

    /// Groups of these sizes and their records, by group.
    fn groups(sizes: &[u32]) -> Vec<(u32, u32)> {
        let all = (0..).zip(sizes).flat_map(|(group, size)| (0..*size).map(move |_| group));
        all.zip(0..).collect()
    }

    #[test]
    fn what_is_missed_inside_groups() {
        // Of three pairs and one, the rules give those that start with an even record.
        let members = groups(&[3, 1, 2]);
        assert_eq!(missed_inside(&members, |a, _| a % 2 == 0), (vec![(1, 2)], 4));
        assert_eq!(missed_inside(&members, |_, _| true), (vec![], 4));
        assert_eq!(missed_inside(&members, |_, _| false).0, [(0, 1), (0, 2), (1, 2), (4, 5)]);
    }

    #[test]
    fn a_giant_group_is_looked_at_here_and_there() {
        let members = groups(&[5_000, 2, 2]);
        let (missed, among) = missed_inside(&members, |a, b| (a / 50 + b / 50) % 2 == 0);
        // 100 records of the giant, 50 apart, with 4,950 pairs; a rule gives those of the same parity.
        assert_eq!((missed.len(), among), (2_500, 4_952));
        assert_eq!((missed[0], missed[missed.len() - 1]), ((0, 50), (4_900, 4_950)));
        assert!(missed.iter().all(|(a, b)| a % 50 == 0 && b % 50 == 0));
        assert_eq!(missed_inside(&members, |a, b| (a / 50 + b / 50) % 2 == 0), (missed, among));
    }

    #[test]
    fn of_many_missed_pairs_some_are_kept_and_count_among_as_many_fewer() {
        // 8 giants of 4,950 pairs, of which every second is missed: 19,800 or so of 39,600.
        let members = groups(&[200; 8]);
        let (missed, among) = missed_inside(&members, |a, b| (a / 2 + b / 2) % 2 == 0);
        assert_eq!((missed.len(), among), (6_000, 11_880));
        let giants: std::collections::BTreeSet<u32> = missed.iter().map(|(a, _)| a / 200).collect();
        assert_eq!(giants.len(), 8);
        assert!(missed.is_sorted() && missed.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn of_many_groups_some_are_looked_at() {
        let (missed, among) = missed_inside(&groups(&[100; 101]), |_, _| false);
        // 499,950 pairs, ten times as many as wanted: every ninth group.
        assert_eq!((missed.len(), among), (6_000, 6_000));
        assert_eq!(missed[0], (0, 1));
        assert!(missed.iter().all(|(a, _)| (a / 100).is_multiple_of(9)));
    }
}
