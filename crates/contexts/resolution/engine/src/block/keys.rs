//! Keys of texts as numbers, computed once a distinct text and shared by the rules that use them.

use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::{Key, Part, Rule};
use crate::{
    column::{Column, Values},
    text::sound,
};

/// Texts shorter than this have no keys by deletion: nearly everything would be one edit away.
const SHORTEST_FOR_DELETION: usize = 4;

/// The keys of the texts of one column: hashes of 64 bits, 0 for none.
#[derive(Debug)]
enum Keys {
    Single(Vec<u64>),
    Multiple { starts: Vec<usize>, keys: Vec<u64> },
}

/// Keys that were computed already.
#[derive(Debug, Default)]
pub struct KeyCache {
    known: HashMap<Part, Keys>,
}

impl KeyCache {
    /// Computes the keys that these rules need and that are not known yet.
    pub fn learn(&mut self, rules: &[Rule], columns: &[Column]) {
        use rayon::prelude::*;
        let mut missing: Vec<Part> = rules.iter().flat_map(|rule| rule.parts.iter().copied()).collect();
        missing.sort_unstable();
        missing.dedup();
        missing.retain(|part| !self.known.contains_key(part));
        let learnt: Vec<(Part, Keys)> =
            missing.into_par_iter().map(|part| (part, keys(part.key, &columns[part.column].values))).collect();
        self.known.extend(learnt);
    }

    /// For a key that was learnt: the share of the records with a text that have a key, and the probability that two of
    /// them, drawn at random, share one.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    pub fn chance(&self, part: Part, column: &Column) -> (f64, f64) {
        let values = &column.values;
        let mut sizes: HashMap<u64, u64> = HashMap::new();
        let mut filled = 0_u64;
        for id in values.ids().skip(1) {
            let count = u64::from(values.count(id));
            let keys = match &self.known[&part] {
                Keys::Single(keys) => std::slice::from_ref(&keys[id as usize]),
                Keys::Multiple { starts, keys } => &keys[starts[id as usize]..starts[id as usize + 1]],
            };
            filled += if keys.iter().any(|key| *key != 0) { count } else { 0 };
            keys.iter().filter(|key| **key != 0).for_each(|key| *sizes.entry(*key).or_default() += count);
        }
        let pairs: f64 = sizes.values().map(|size| (size * size.saturating_sub(1)) as f64).sum();
        let share = filled as f64 / values.filled().max(1) as f64;
        (share, pairs / (filled * filled.saturating_sub(1)).max(1) as f64)
    }

    /// Whether two records share a key that was learnt.
    #[must_use]
    pub fn shares(&self, part: Part, column: &Column, a: u32, b: u32) -> bool {
        let (a, b) = (column.ids[a as usize] as usize, column.ids[b as usize] as usize);
        match &self.known[&part] {
            Keys::Single(keys) => keys[a] != 0 && keys[a] == keys[b],
            Keys::Multiple { starts, keys } => {
                let of = |id: usize| &keys[starts[id]..starts[id + 1]];
                of(a).iter().any(|key| *key != 0 && of(b).contains(key))
            }
        }
    }

    /// The keys of a rule that was learnt, ready to be asked record by record.
    pub(super) fn of<'a>(&'a self, rule: &Rule, columns: &'a [Column]) -> RuleKeys<'a> {
        let part = |part: &Part| (columns[part.column].ids.as_slice(), &self.known[part]);
        RuleKeys { parts: rule.parts.iter().map(part).collect() }
    }
}

/// The keys of one rule: for each part the ids of the records and the keys of the ids.
pub(super) struct RuleKeys<'a> {
    parts: Vec<(&'a [u32], &'a Keys)>,
}

impl RuleKeys<'_> {
    /// Calls `take` with each key of a record; with none where a part has no key.
    #[inline]
    pub(super) fn each(&self, record: usize, mut take: impl FnMut(u64)) {
        let mut sum = 0_u64;
        let mut multiple: Option<&[u64]> = None;
        for (ids, keys) in &self.parts {
            let id = ids[record] as usize;
            match keys {
                Keys::Single(keys) => match keys[id] {
                    0 => return,
                    key => sum = mix(sum, key),
                },
                Keys::Multiple { starts, keys } => multiple = Some(&keys[starts[id]..starts[id + 1]]),
            }
        }
        match multiple {
            None => take(sum),
            Some(keys) => keys.iter().for_each(|key| take(mix(sum, *key))),
        }
    }
}

/// Two hashes as one, which depends on their order.
#[inline]
fn mix(sum: u64, key: u64) -> u64 {
    (sum.rotate_left(23) ^ key).wrapping_mul(0x9e37_79b9_7f4a_7c15).max(1)
}

fn keys(key: Key, values: &Values) -> Keys {
    match key {
        Key::Word(share) => words(values, share),
        Key::Deletion => {
            let (mut starts, mut all) = (vec![0], Vec::new());
            for text in values.texts() {
                deletions(text, &mut all);
                starts.push(all.len());
            }
            Keys::Multiple { starts, keys: all }
        }
        _ => Keys::Single(values.texts().map(|text| single(key, text)).collect()),
    }
}

fn single(key: Key, text: &str) -> u64 {
    let hash = |text: &str| if text.is_empty() { 0 } else { xxh3_64(text.as_bytes()).max(1) };
    let digits = || text.chars().filter(char::is_ascii_digit);
    match key {
        Key::Exact | Key::Word(_) | Key::Deletion => hash(text),
        Key::Prefix(length) => {
            match text.char_indices().map(|(at, c)| at + c.len_utf8()).nth(usize::from(length) - 1) {
                Some(end) => hash(&text[..end]),
                None => 0,
            }
        }
        Key::Suffix(length) => match text.char_indices().rev().nth(usize::from(length) - 1) {
            Some((start, _)) => hash(&text[start..]),
            None => 0,
        },
        Key::Sound => hash(&sound(text)),
        Key::Year if digits().count() == 8 => hash(&digits().take(4).collect::<String>()),
        Key::MonthDay if digits().count() == 8 => hash(&digits().skip(4).collect::<String>()),
        Key::Year | Key::MonthDay => 0,
        Key::LocalPart => text.split_once('@').map_or(0, |(local, _)| hash(local)),
        Key::SortedWords => {
            let mut words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
            words.sort_unstable();
            hash(&words.join(" "))
        }
    }
}

fn words(values: &Values, share: u16) -> Keys {
    let (mut starts, mut keys) = (vec![0], Vec::new());
    let mut frequency: HashMap<u64, u32> = HashMap::new();
    for text in values.texts() {
        let start = keys.len();
        keys.extend(text.split(' ').filter(|word| !word.is_empty()).map(|word| xxh3_64(word.as_bytes()).max(1)));
        keys[start..].sort_unstable();
        let mut kept = start;
        for at in start..keys.len() {
            if at == start || keys[at] != keys[at - 1] {
                keys[kept] = keys[at];
                kept += 1;
            }
        }
        keys.truncate(kept);
        keys[start..].iter().for_each(|key| *frequency.entry(*key).or_default() += 1);
        starts.push(keys.len());
    }
    let most = (values.len() as u64 * u64::from(share)).div_ceil(1000).max(2);
    let mut rare = Keys::Multiple { starts: vec![0], keys: Vec::new() };
    if let Keys::Multiple { starts: ends, keys: kept } = &mut rare {
        for pair in starts.windows(2) {
            kept.extend(keys[pair[0]..pair[1]].iter().filter(|key| u64::from(frequency[*key]) <= most));
            ends.push(kept.len());
        }
    }
    rare
}

/// The hashes of a text and of the text without each of its characters, sorted, each once.
fn deletions(text: &str, into: &mut Vec<u64>) {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() < SHORTEST_FOR_DELETION {
        return;
    }
    let start = into.len();
    into.push(xxh3_64(text.as_bytes()).max(1));
    let mut shorter = String::with_capacity(text.len());
    for left_out in 0..letters.len() {
        shorter.clear();
        shorter.extend(letters.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, letter)| *letter));
        into.push(xxh3_64(shorter.as_bytes()).max(1));
    }
    into[start..].sort_unstable();
    let mut kept = start;
    for at in start..into.len() {
        if at == start || into[at] != into[at - 1] {
            into[kept] = into[at];
            kept += 1;
        }
    }
    into.truncate(kept);
}
