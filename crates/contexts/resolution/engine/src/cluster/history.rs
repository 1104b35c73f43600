//! Two groupings of the same things at two times: names that last, and what changed.

use hashbrown::{HashMap, HashSet};

/// How the groups of a later run came about. Only records that both runs know are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Groups that hold the same records as before.
    pub same: u64,
    /// Groups that were parts of one earlier group which is no longer whole: the earlier group, the later groups.
    pub splits: Vec<(u32, Vec<u32>)>,
    /// Groups made of whole earlier groups: the earlier groups, the later group.
    pub merges: Vec<(Vec<u32>, u32)>,
    /// Groups made of parts of several earlier groups: the earlier groups, the later group.
    pub mixed: Vec<(Vec<u32>, u32)>,
    /// Groups of before that got records which no earlier run knew: the later group, how many.
    pub joins: Vec<(u32, u64)>,
    /// Groups of new records only.
    pub new: u64,
}

/// Compares two groupings; `before` is `None` for a record that the earlier run did not know.
#[must_use]
pub fn difference(before: &[Option<u32>], after: &[u32]) -> Difference {
    let mut earlier: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut later: HashMap<u32, Vec<Option<u32>>> = HashMap::new();
    for (before, after) in before.iter().zip(after) {
        if let Some(before) = before {
            earlier.entry(*before).or_default().push(*after);
        }
        later.entry(*after).or_default().push(*before);
    }
    let is_whole = |group: &u32| earlier[group].iter().collect::<HashSet<_>>().len() == 1;
    let mut difference = Difference::default();
    let mut groups: Vec<(&u32, &Vec<Option<u32>>)> = later.iter().collect();
    groups.sort_unstable_by_key(|(group, _)| **group);
    for (group, members) in groups {
        let newcomers = members.iter().filter(|before| before.is_none()).count() as u64;
        let sources = distinct(members.iter().flatten().copied());
        match sources.as_slice() {
            [] => difference.new += 1,
            [one] if is_whole(one) && newcomers == 0 => difference.same += 1,
            [one] if is_whole(one) => difference.joins.push((*group, newcomers)),
            [_] => {}
            several if several.iter().all(is_whole) => difference.merges.push((sources, *group)),
            _ => difference.mixed.push((sources, *group)),
        }
    }
    let mut before: Vec<(u32, Vec<u32>)> =
        earlier.into_iter().map(|(group, parts)| (group, distinct(parts.into_iter()))).collect();
    before.sort_unstable();
    difference.splits = before.into_iter().filter(|(_, parts)| parts.len() > 1).collect();
    difference
}

fn distinct(values: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut values: Vec<u32> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// Which earlier name each later group keeps: that of the group with which it shares most records, each name once; the
/// greatest overlap first, then the greater share of the later group, then the smaller numbers. A group without one is left
/// out.
#[must_use]
pub fn names_kept(before: &[Option<u32>], after: &[u32]) -> HashMap<u32, u32> {
    let mut shared: HashMap<(u32, u32), u64> = HashMap::new();
    let mut sizes: HashMap<u32, u64> = HashMap::new();
    for (before, after) in before.iter().zip(after) {
        *sizes.entry(*after).or_default() += 1;
        if let Some(before) = before {
            *shared.entry((*after, *before)).or_default() += 1;
        }
    }
    let mut ranked: Vec<((u32, u32), u64)> = shared.into_iter().collect();
    ranked.sort_unstable_by_key(|&((after, before), count)| (std::cmp::Reverse(count), sizes[&after], after, before));
    let (mut kept, mut taken) = (HashMap::new(), HashSet::new());
    for ((after, before), _) in ranked {
        if !kept.contains_key(&after) && taken.insert(before) {
            kept.insert(after, before);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_between_two_runs() {
        // 1 stays, 2 splits into 20 and 21, 3 and 4 merge into 30, 5 gets a new record, 60 is new.
        let before = [Some(1), Some(1), Some(2), Some(2), Some(3), Some(4), Some(5), None, None];
        let after = [10, 10, 20, 21, 30, 30, 50, 50, 60];
        let found = difference(&before, &after);
        let expected = Difference {
            same: 1,
            splits: vec![(2, vec![20, 21])],
            merges: vec![(vec![3, 4], 30)],
            mixed: vec![],
            joins: vec![(50, 1)],
            new: 1,
        };
        assert_eq!(found, expected);
        assert_eq!(difference(&[Some(1), Some(1), Some(2)], &[7, 8, 8]).mixed, [(vec![1, 2], 8)]);
    }

    #[test]
    fn the_larger_part_keeps_the_name() {
        let kept = names_kept(&[Some(2), Some(2), Some(2), Some(3), None], &[20, 20, 21, 21, 9]);
        assert_eq!((kept.get(&20), kept.get(&21), kept.get(&9)), (Some(&2), Some(&3), None));
    }
}
