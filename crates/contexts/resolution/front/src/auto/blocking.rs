//! Which blocking rules to use: those that lose the fewest matches for the pairs that they cost.
//!
//! Candidate rules are all conjunctions of up to three keys; the one that catches most of what is still missed, for its pairs,
//! is taken next, until what is missed is small or the pairs are spent. What there is to catch is simulated at first, from
//! what is known of each column (how often filled, how often equal among matches); once there are groups, their pairs say it:
//! a person who has moved has another town *and* another postcode, which no simulation knows.

use resolution_engine::{
    block::{Blocks, Key, KeyCache, Part, Rule, Sides},
    column::Column,
};

/// A key that a rule may use and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Atom {
    /// The key.
    pub part: Part,
    /// Records that have the column, as a share.
    pub filled: f64,
    /// Records that have a key, as a share of those that have the column.
    pub keyed: f64,
    /// Probability that two records that match, both with a text, have the same text.
    pub equal: f64,
    /// Probability that they share the key though their texts differ.
    pub near: f64,
    /// Probability that two records drawn at random, both with a text, share the key.
    pub chance: f64,
}

/// The rules chosen, the most useful first, and their blocks.
#[derive(Debug, Default)]
pub struct Choice {
    /// Rules.
    pub rules: Vec<Rule>,
    /// The blocks of each.
    pub blocks: Vec<Blocks>,
}

const TRIALS: u64 = 2_048;
const MOST_ATOMS: usize = 48;
/// Rules of a run at most.
pub const MOST_RULES: usize = 24;
/// A rule that catches less than this share of all matches is not worth its pairs.
const LEAST_GAIN: f64 = 0.0008;
/// Rules that turn out to give too many pairs, after which no more are tried by matches that were seen: to make their blocks is
/// what costs, and there are rules already. The first rules are worth any search, since without one a file is refused.
const MOST_REFUSED: u32 = 3;
/// What it is worth to catch a match that one rule catches already: what is known of the columns may be wrong.
const AGAIN: f64 = 0.3;
/// The same of a match that was seen.
const GIVEN: f64 = 0.05;
/// Blocks beyond this hold more chance than matches.
pub const LARGEST_BLOCK: usize = 1_000;

/// Pairs that rules should catch.
#[derive(Debug)]
pub struct Matches {
    /// Which atoms each shares, as bits, and what it is worth to catch it.
    pairs: Vec<(u64, f64)>,
    /// What is left of its worth when it was caught.
    again: f64,
    /// How many matches these are among, those that are caught already included.
    among: usize,
    /// After so many rules that turn out to give too many pairs no more are tried.
    patience: u32,
}

/// Matches as they may be, by what is known of each atom.
#[must_use]
pub fn simulated(atoms: &[Atom]) -> Matches {
    let atoms = &atoms[..atoms.len().min(MOST_ATOMS)];
    let pairs: Vec<(u64, f64)> = (0..TRIALS).map(|trial| (simulate(atoms, trial), 1.0)).collect();
    Matches { among: pairs.len(), pairs, again: AGAIN, patience: u32::MAX }
}

/// Pairs that were found to match and that no rule gives, among so many that were found.
#[must_use]
pub fn observed(
    atoms: &[Atom],
    columns: &[Column],
    cache: &KeyCache,
    (pairs, among): (&[(u32, u32)], usize),
) -> Matches {
    let atoms = &atoms[..atoms.len().min(MOST_ATOMS)];
    let shared = |a: u32, b: u32| {
        let bit =
            |(at, atom): (usize, &Atom)| u64::from(cache.shares(atom.part, &columns[atom.part.column], a, b)) << at;
        atoms.iter().enumerate().map(bit).sum()
    };
    let pairs = pairs.iter().map(|(a, b)| (shared(*a, *b), 1.0)).collect();
    Matches { pairs, again: GIVEN, among, patience: MOST_REFUSED }
}

/// Chooses at most `most` rules for at most about `budget` pairs.
#[must_use]
pub fn choose(
    atoms: &[Atom],
    columns: &[Column],
    sides: Sides,
    (matches, most, budget): (Matches, usize, u64),
    cache: &mut KeyCache,
) -> Choice {
    let atoms = &atoms[..atoms.len().min(MOST_ATOMS)];
    let rows = columns.first().map_or(0, |column| column.ids.len());
    let Matches { pairs: mut open, again, among, patience } = matches;
    let mut candidates = conjunctions(atoms, sides.all_pairs(rows), budget);
    let (mut choice, mut pairs, mut refused) = (Choice::default(), 0, 0);
    while choice.rules.len() < most {
        let Some(best) = best(&candidates, (&open, among), budget.saturating_sub(pairs)) else { break };
        let candidate = candidates.swap_remove(best);
        let rule = Rule { parts: parts(atoms, candidate.mask), max_block: LARGEST_BLOCK };
        cache.learn(std::slice::from_ref(&rule), columns);
        let blocks = Blocks::of(&rule, columns, cache, sides);
        if blocks.is_empty() && blocks.oversized == 0 {
            // Where nothing shares these keys, nothing shares them and others.
            candidates.retain(|other| other.mask & candidate.mask != candidate.mask);
            continue;
        }
        if is_too_large(&blocks, budget, budget - pairs) {
            refused += 1;
            if refused == patience {
                break;
            }
            continue;
        }
        pairs += blocks.pairs;
        choice.rules.push(rule);
        choice.blocks.push(blocks);
        open.iter_mut()
            .filter(|(shared, _)| shared & candidate.mask == candidate.mask)
            .for_each(|(_, worth)| *worth *= again);
    }
    choice
}

/// Whether blocks give more pairs than are left of the budget, or leave out so many that what they give says little.
fn is_too_large(blocks: &Blocks, budget: u64, left: u64) -> bool {
    blocks.is_empty() || blocks.pairs > left || blocks.oversized_pairs > 20 * (blocks.pairs + budget / 4)
}

struct Candidate {
    mask: u64,
    pairs: f64,
}

fn parts(atoms: &[Atom], mask: u64) -> Vec<Part> {
    atoms.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1).map(|(_, atom)| atom.part).collect()
}

fn conjunctions(atoms: &[Atom], all_pairs: u64, budget: u64) -> Vec<Candidate> {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let (all, most) = (all_pairs as f64, budget as f64);
    let chance = |atom: &Atom| atom.chance * (atom.filled * atom.keyed).powi(2);
    let mut found = Vec::new();
    let mut add = |used: &[usize]| {
        let multiple = used.iter().filter(|at| atoms[**at].part.key.is_multiple()).count();
        let pairs = used.iter().map(|at| chance(&atoms[*at])).product::<f64>() * all;
        if multiple < 2 && pairs < most {
            found.push(Candidate { mask: used.iter().fold(0, |mask, at| mask | 1 << at), pairs });
        }
    };
    for a in 0..atoms.len() {
        add(&[a]);
        for b in a + 1..atoms.len() {
            if atoms[a].part.column == atoms[b].part.column {
                continue;
            }
            add(&[a, b]);
            for (c, third) in atoms.iter().enumerate().skip(b + 1) {
                if third.part.column != atoms[a].part.column && third.part.column != atoms[b].part.column {
                    add(&[a, b, c]);
                }
            }
        }
    }
    found
}

#[expect(clippy::cast_precision_loss, reason = "some thousand trials")]
fn best(candidates: &[Candidate], (open, among): (&[(u64, f64)], usize), left: u64) -> Option<usize> {
    let cheap = left as f64 / 40.0;
    let mut best: Option<(usize, f64)> = None;
    for (at, candidate) in candidates.iter().enumerate() {
        if candidate.pairs > left as f64 {
            continue;
        }
        let caught: f64 =
            open.iter().filter(|(shared, _)| shared & candidate.mask == candidate.mask).map(|(_, worth)| worth).sum();
        let worth = caught / (candidate.pairs + cheap);
        if caught >= LEAST_GAIN * among as f64 && best.is_none_or(|(_, known)| worth > known) {
            best = Some((at, worth));
        }
    }
    best.map(|(at, _)| at)
}

/// Which atoms the two records of one simulated match share, as bits.
fn simulate(atoms: &[Atom], trial: u64) -> u64 {
    let draw = |what: u64, column: u64| {
        let bits = xxhash_rust::xxh3::xxh3_64_with_seed(&column.to_le_bytes(), trial << 12 | what);
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
        let share = (bits >> 11) as f64 / (1_u64 << 53) as f64;
        share
    };
    let mut shared = 0;
    for (at, atom) in atoms.iter().enumerate() {
        let column = atom.part.column as u64;
        let both = draw(0, column) < atom.filled * atom.filled;
        let equal = draw(1, column) < atom.equal;
        let near = atom.part.key != Key::Exact && draw(2 + at as u64, column) < atom.near;
        let keyed = draw(1_000 + at as u64, column) < atom.keyed;
        shared |= u64::from(both && keyed && (equal || near)) << at;
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: u32 = 2_000;
    const BUDGET: u64 = 20_000;

    fn column(text: impl Fn(u32) -> String) -> Column {
        let texts: Vec<String> = (0..ROWS).map(text).collect();
        texts.iter().map(String::as_str).collect()
    }

    fn atoms(columns: &[Column], equal: &[f64], cache: &mut KeyCache) -> Vec<Atom> {
        let atom = |(at, equal): (usize, &f64)| {
            let part = Part { column: at, key: Key::Exact };
            cache.learn(&[Rule { parts: vec![part], max_block: usize::MAX }], columns);
            let (keyed, chance) = cache.chance(part, &columns[at]);
            Atom { part, filled: 1.0, keyed, equal: *equal, near: 0.0, chance }
        };
        equal.iter().enumerate().map(atom).collect()
    }

    /// The columns of the rules chosen, with `equal` of each column, by matches made from its atoms.
    fn chosen(columns: &[Column], equal: &[f64], matches: impl Fn(&[Atom], &KeyCache) -> Matches) -> Vec<Vec<usize>> {
        let mut cache = KeyCache::default();
        let atoms = atoms(columns, equal, &mut cache);
        let matches = matches(&atoms, &cache);
        let choice = choose(&atoms, columns, Sides::Within, (matches, MOST_RULES, BUDGET), &mut cache);
        choice.rules.iter().map(|rule| rule.parts.iter().map(|part| part.column).collect()).collect()
    }

    #[test]
    fn rules_that_give_nothing_cost_no_patience() {
        // Five columns that no two records share look best: likely equal, and for free.
        let mut columns: Vec<Column> = (0..5).map(|at| column(|row| format!("{at} {row}"))).collect();
        columns.push(column(|row| format!("{}", row % 1_000)));
        let least_patient = |atoms: &[Atom], _: &KeyCache| Matches { patience: 1, ..simulated(atoms) };
        assert_eq!(chosen(&columns, &[0.9, 0.9, 0.9, 0.9, 0.9, 0.5], least_patient), [[5]]);
    }

    #[test]
    fn the_first_rules_are_looked_for_longer_than_later_ones() {
        // Four columns say the same, so that any three of them together give as many pairs as one: far more than expected.
        let mut columns: Vec<Column> = (0..4).map(|_| column(|row| format!("{}", row % 20))).collect();
        columns.push(column(|row| format!("{}", row % 999)));
        let equal = [1.0, 1.0, 1.0, 1.0, 0.5];
        let first = chosen(&columns, &equal, |atoms, _| simulated(atoms));
        assert!(first.iter().all(|rule| rule.contains(&4)) && !first.is_empty(), "{first:?}");
        // Matches that share all but the last column, and as many that share nothing but that.
        let apart: Vec<(u32, u32)> = (0..999).flat_map(|at| [(at, at + 1_000), (at, at + 999)]).collect();
        let seen = |atoms: &[Atom], cache: &KeyCache| observed(atoms, &columns, cache, (&apart, apart.len()));
        let patient = |atoms: &[Atom], cache: &KeyCache| Matches { patience: u32::MAX, ..seen(atoms, cache) };
        assert_eq!(chosen(&columns, &equal, seen), Vec::<Vec<usize>>::new());
        assert_eq!(chosen(&columns, &equal, patient), [[4]]);
    }
}
