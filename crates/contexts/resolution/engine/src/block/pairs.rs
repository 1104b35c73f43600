//! Blocks of records and the pairs in them, each pair once over all rules.

use rayon::prelude::*;

use super::{KeyCache, Rule};
use crate::column::Column;

/// Blocks are sorted in this many parts, so that each part fits in a processor's cache.
const PARTS: usize = 256;
/// Pairs that one task of the pool looks at, about: enough to hide its cost, few enough to share out evenly.
const TASK_PAIRS: u64 = 1 << 15;

/// Which pairs are of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// All: one set in which things occur more than once.
    Within,
    /// Pairs between the first records, this many, and the rest: two sets.
    Between(u32),
}

impl Sides {
    /// How many pairs there are among so many records.
    #[must_use]
    pub fn all_pairs(self, records: usize) -> u64 {
        let records = records as u64;
        match self {
            Self::Within => records * records.saturating_sub(1) / 2,
            Self::Between(first) => u64::from(first) * (records - u64::from(first)),
        }
    }
}

/// The blocks of one rule: only those that hold a pair of interest and are not too large.
#[derive(Debug, Default)]
pub struct Blocks {
    starts: Vec<usize>,
    /// Records, ascending in a block.
    members: Vec<u32>,
    /// Pairs of interest in these blocks; a pair in two blocks of a multiple key is counted twice.
    pub pairs: u64,
    /// Blocks that were left out for their size.
    pub oversized: u64,
    /// Pairs in those.
    pub oversized_pairs: u64,
}

impl Blocks {
    /// The blocks that a rule makes of these records.
    pub fn of(rule: &Rule, columns: &[Column], cache: &KeyCache, sides: Sides) -> Self {
        let rows = columns.first().map_or(0, |column| column.ids.len());
        let mut parts: Vec<Vec<(u64, u32)>> = vec![Vec::new(); PARTS];
        let keys = cache.of(rule, columns);
        for record in 0..rows {
            keys.each(record, |key| {
                parts[(key >> 56) as usize].push((key, u32::try_from(record).unwrap_or(u32::MAX)));
            });
        }
        let pieces: Vec<Self> = parts
            .into_par_iter()
            .map(|mut part| {
                part.sort_unstable();
                Self::of_sorted(&part, rule.max_block, sides)
            })
            .collect();
        let mut all = Self { starts: vec![0], ..Self::default() };
        for piece in pieces {
            let offset = all.members.len();
            all.members.extend(piece.members);
            all.starts.extend(piece.starts.iter().skip(1).map(|start| start + offset));
            all.pairs += piece.pairs;
            all.oversized += piece.oversized;
            all.oversized_pairs += piece.oversized_pairs;
        }
        all
    }

    fn of_sorted(keyed: &[(u64, u32)], max_block: usize, sides: Sides) -> Self {
        let mut blocks = Self { starts: vec![0], ..Self::default() };
        for block in keyed.chunk_by(|a, b| a.0 == b.0) {
            let pairs = pairs_in(block.iter().map(|(_, record)| *record), block.len(), sides);
            if pairs == 0 {
                continue;
            }
            if block.len() > max_block {
                blocks.oversized += 1;
                blocks.oversized_pairs += pairs;
                continue;
            }
            blocks.members.extend(block.iter().map(|(_, record)| *record));
            blocks.starts.push(blocks.members.len());
            blocks.pairs += pairs;
        }
        blocks
    }

    fn block(&self, index: usize) -> &[u32] {
        &self.members[self.starts[index]..self.starts[index + 1]]
    }

    /// Number of blocks.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// For each record the numbers of its blocks, from 1, ascending.
    fn membership(&self, rows: usize, is_multiple: bool) -> Membership {
        let number = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
        if !is_multiple {
            let mut blocks = vec![0; rows];
            for index in 0..self.len() {
                self.block(index).iter().for_each(|record| blocks[*record as usize] = number(index));
            }
            return Membership::Single(blocks);
        }
        let mut starts = vec![0_usize; rows + 1];
        for record in &self.members {
            starts[*record as usize + 1] += 1;
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut blocks = vec![0_u32; self.members.len()];
        for index in 0..self.len() {
            for record in self.block(index) {
                let place = &mut next[*record as usize];
                blocks[*place] = number(index);
                *place += 1;
            }
        }
        Membership::Multiple { starts, blocks }
    }
}

fn pairs_in(members: impl Iterator<Item = u32>, count: usize, sides: Sides) -> u64 {
    match sides {
        Sides::Within => sides.all_pairs(count),
        Sides::Between(first) => {
            let left = members.filter(|record| *record < first).count() as u64;
            left * (count as u64 - left)
        }
    }
}

/// Which blocks of a rule each record is in.
#[derive(Debug)]
enum Membership {
    /// At most one: its number, 0 for none.
    Single(Vec<u32>),
    Multiple {
        starts: Vec<usize>,
        blocks: Vec<u32>,
    },
}

impl Membership {
    /// The first block that both records are in.
    #[inline]
    fn shared(&self, a: u32, b: u32) -> Option<u32> {
        match self {
            Self::Single(blocks) => {
                let block = blocks[a as usize];
                (block != 0 && block == blocks[b as usize]).then_some(block)
            }
            Self::Multiple { starts, blocks } => {
                let of = |record: u32| &blocks[starts[record as usize]..starts[record as usize + 1]];
                first_common(of(a), of(b))
            }
        }
    }
}

/// The first number that two ascending lists share.
fn first_common(mut left: &[u32], mut right: &[u32]) -> Option<u32> {
    while let (Some(x), Some(y)) = (left.first(), right.first()) {
        match x.cmp(y) {
            std::cmp::Ordering::Equal => return Some(*x),
            std::cmp::Ordering::Less => left = &left[1..],
            std::cmp::Ordering::Greater => right = &right[1..],
        }
    }
    None
}

/// The blocks of all rules, ready to give pairs.
#[derive(Debug)]
pub struct Blocking {
    rules: Vec<Blocks>,
    memberships: Vec<Membership>,
    sides: Sides,
}

impl Blocking {
    /// Makes the blocks of these rules, whose keys were learnt.
    pub fn of(rules: &[Rule], columns: &[Column], cache: &KeyCache, sides: Sides) -> Self {
        let rows = columns.first().map_or(0, |column| column.ids.len());
        let made = rules.iter().map(|rule| (rule.is_multiple(), Blocks::of(rule, columns, cache, sides))).collect();
        Self::of_blocks(made, rows, sides)
    }

    /// Of blocks that were made already, each with whether a record may be in several of them.
    pub fn of_blocks(blocks: Vec<(bool, Blocks)>, rows: usize, sides: Sides) -> Self {
        let memberships =
            blocks.par_iter().map(|(is_multiple, blocks)| blocks.membership(rows, *is_multiple)).collect();
        Self { rules: blocks.into_iter().map(|(_, blocks)| blocks).collect(), memberships, sides }
    }

    /// Adds the blocks of more rules behind those that are there.
    pub fn add(&mut self, blocks: Vec<(bool, Blocks)>, rows: usize) {
        let more = Self::of_blocks(blocks, rows, self.sides);
        self.rules.extend(more.rules);
        self.memberships.extend(more.memberships);
    }

    /// The blocks of each rule.
    pub fn rules(&self) -> &[Blocks] {
        &self.rules
    }

    /// Whether some rule gives this pair.
    pub fn gives(&self, a: u32, b: u32) -> bool {
        self.memberships.iter().any(|membership| membership.shared(a, b).is_some())
    }

    /// Whether this rule gives this pair, other rules or not.
    pub fn gives_by(&self, rule: usize, a: u32, b: u32) -> bool {
        self.memberships[rule].shared(a, b).is_some()
    }

    /// Visits each pair of all rules once, on all cores, and gives what the visitors made, in the order of rules and blocks.
    pub fn visit<T: Send>(&self, make: impl Fn() -> T + Sync, each: impl Fn(&mut T, u32, u32) + Sync) -> Vec<T> {
        (0..self.rules.len()).flat_map(|rule| self.visit_new(rule, &make, &each)).collect()
    }

    /// As [`Self::visit`], the pairs of one rule only that no earlier rule gives.
    pub fn visit_new<T: Send>(
        &self,
        rule: usize,
        make: &(impl Fn() -> T + Sync),
        each: &(impl Fn(&mut T, u32, u32) + Sync),
    ) -> Vec<T> {
        let (blocks, own, earlier) = (&self.rules[rule], &self.memberships[rule], &self.memberships[..rule]);
        let is_first = |a: u32, b: u32, number: u32| match own {
            Membership::Single(_) => true,
            Membership::Multiple { .. } => own.shared(a, b) == Some(number),
        };
        blocks
            .tasks()
            .into_par_iter()
            .map(|task| {
                let mut seen = make();
                for index in task {
                    let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
                    each_pair(blocks.block(index), self.sides, |a, b| {
                        if is_first(a, b, number) && !earlier.iter().any(|rule| rule.shared(a, b).is_some()) {
                            each(&mut seen, a, b);
                        }
                    });
                }
                seen
            })
            .collect()
    }
}

impl Blocks {
    /// Visits about `most` pairs of these blocks, whole blocks chosen by chance that depends on their number alone. A pair in
    /// several blocks of a multiple key may come several times.
    pub fn sample<T: Send>(
        &self,
        sides: Sides,
        most: u64,
        make: impl Fn() -> T + Sync,
        each: impl Fn(&mut T, u32, u32) + Sync,
    ) -> Vec<T> {
        let every = (self.pairs / most.max(1)).max(1);
        self.tasks()
            .into_par_iter()
            .map(|task| {
                let mut seen = make();
                for index in task.filter(|index| crate::train::scramble(*index as u64).is_multiple_of(every)) {
                    each_pair(self.block(index), sides, |a, b| each(&mut seen, a, b));
                }
                seen
            })
            .collect()
    }

    fn tasks(&self) -> Vec<std::ops::Range<usize>> {
        let (mut tasks, mut from, mut pairs) = (Vec::new(), 0, 0);
        for index in 0..self.len() {
            let size = self.block(index).len() as u64;
            pairs += size * size / 2;
            if pairs >= TASK_PAIRS {
                tasks.push(from..index + 1);
                (from, pairs) = (index + 1, 0);
            }
        }
        tasks.push(from..self.len());
        tasks
    }
}

/// Calls `take` with each pair of interest of a block, the smaller record first.
fn each_pair(block: &[u32], sides: Sides, mut take: impl FnMut(u32, u32)) {
    match sides {
        Sides::Within => {
            for (at, a) in block.iter().enumerate() {
                block[at + 1..].iter().for_each(|b| take(*a, *b));
            }
        }
        Sides::Between(first) => {
            let split = block.partition_point(|record| *record < first);
            for a in &block[..split] {
                block[split..].iter().for_each(|b| take(*a, *b));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::block::{Key, Part};

    fn pairs(rules: &[Rule], columns: &[Column], sides: Sides) -> Vec<(u32, u32)> {
        let mut cache = KeyCache::default();
        cache.learn(rules, columns);
        let blocking = Blocking::of(rules, columns, &cache, sides);
        blocking.visit(Vec::new, |made, a, b| made.push((a, b))).concat()
    }

    fn rule(parts: &[(usize, Key)]) -> Rule {
        let part = |&(column, key): &(usize, Key)| Part { column, key };
        Rule { parts: parts.iter().map(part).collect(), max_block: usize::MAX }
    }

    proptest! {
        #[test]
        fn each_pair_that_shares_a_key_comes_once(
            rows in prop::collection::vec(("[ab]{0,2}( [ab])?", "[cd]{0,3}"), 0..40),
            first in 0_u32..10,
        ) {
            let columns: Vec<Column> =
                vec![rows.iter().map(|row| row.0.as_str()).collect(), rows.iter().map(|row| row.1.as_str()).collect()];
            let rules = [rule(&[(0, Key::Exact)]), rule(&[(0, Key::Word(1000))]), rule(&[(1, Key::Prefix(1)), (0, Key::Sound)])];
            for sides in [Sides::Within, Sides::Between(first.min(u32::try_from(rows.len()).unwrap()))] {
                let found = pairs(&rules, &columns, sides);
                let distinct: BTreeSet<(u32, u32)> = found.iter().copied().collect();
                prop_assert_eq!(found.len(), distinct.len());
                for a in 0..rows.len() {
                    for b in a + 1..rows.len() {
                        let of_interest = match sides { Sides::Within => true, Sides::Between(f) => (a < f as usize) != (b < f as usize) };
                        let words = |text: &str| text.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect::<BTreeSet<_>>();
                        let (x, y) = (&rows[a], &rows[b]);
                        let shares = !words(&x.0).is_disjoint(&words(&y.0))
                            || !x.0.is_empty() && x.0 == y.0
                            || !x.1.is_empty() && x.1.chars().next() == y.1.chars().next()
                                && !crate::text::sound(&x.0).is_empty() && crate::text::sound(&x.0) == crate::text::sound(&y.0);
                        let pair = (u32::try_from(a).unwrap(), u32::try_from(b).unwrap());
                        prop_assert_eq!(distinct.contains(&pair), of_interest && shares, "{:?} {:?}", x, y);
                    }
                }
            }
        }
    }

    #[test]
    fn a_block_that_is_too_large_is_left_out_and_counted() {
        let columns = [["a", "a", "a", "b", "b"].into_iter().collect::<Column>()];
        let rules = [Rule { max_block: 2, ..rule(&[(0, Key::Exact)]) }];
        assert_eq!(pairs(&rules, &columns, Sides::Within), [(3, 4)]);
    }

    #[test]
    fn one_letter_left_out_or_put_in_shares_a_key() {
        let columns = [["smith", "smit", "smyth", "jones"].into_iter().collect::<Column>()];
        assert_eq!(pairs(&[rule(&[(0, Key::Deletion)])], &columns, Sides::Within), [(0, 1), (0, 2)]);
    }
}
