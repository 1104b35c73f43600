//! From weighted pairs to groups of records.
//!
//! Connected components chain: one false link joins two groups whole. So a component is only where a group is looked for;
//! inside it groups are merged while the *average* weight of all their pairs is high enough, pairs that no blocking rule
//! gave being scored first. The result is a function of the component alone: neither order nor ids matter.

mod components;
mod history;
mod linkage;
mod matching;

pub use components::components;
pub use history::{Difference, difference, names_kept};
pub use linkage::{Merge, average_linkage};
pub use matching::best_links;

use rayon::prelude::*;

use crate::score::Edge;

/// Larger components are first cut along their weakest links: all their pairs are to be scored.
pub const LARGEST_COMPONENT: usize = 1_000;
/// By how many bits the cut is raised each time.
const RAISE: f32 = 2.0;

/// Members that speak for a group where there are too many pairs.
const REPRESENTATIVES: usize = 8;
/// A group is only looked for where some pair is surer than the threshold by this many bits.
pub const SURER: f32 = 3.0;

/// What clustering did beside the groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Guarded {
    /// Components that were too large and were cut.
    pub giants: u64,
    /// Records in the largest of them.
    pub largest: usize,
}

/// Whether components were cut before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    First,
    Again,
}

/// Groups records: average linkage down to `threshold`, in each component of the edges that are somewhat surer. Gives a group for each
/// record, named by its smallest record. `weight` scores any pair.
pub fn group(
    rows: u32,
    edges: &[Edge],
    threshold: f32,
    weight: &(dyn Fn(u32, u32) -> f32 + Sync),
) -> (Vec<u32>, Guarded) {
    let mut guarded = Guarded::default();
    let mut groups: Vec<u32> = (0..rows).collect();
    let link = threshold + SURER;
    let strong = stronger(edges, link);
    let (mut ready, mut dense) = (Vec::new(), Vec::new());
    let mut waiting = vec![(strong, link, Cut::First)];
    while let Some((edges, cut, which)) = waiting.pop() {
        for (members, inside) in components(&edges) {
            if members.len() <= LARGEST_COMPONENT {
                ready.push(members);
                continue;
            }
            if which == Cut::First {
                guarded.giants += 1;
                guarded.largest = guarded.largest.max(members.len());
            }
            let raised = cut + RAISE;
            let reach: usize = components(&stronger(&inside, raised)).iter().map(|(members, _)| members.len()).sum();
            if 2 * reach < members.len() {
                // Its links are all about as strong: no cut parts it without tearing it to pieces.
                dense.push(members);
                continue;
            }
            waiting.push((stronger(&inside, raised), raised, Cut::Again));
        }
    }
    let split: Vec<(Vec<u32>, Vec<usize>)> = ready
        .into_par_iter()
        .map(|members| {
            // Two records with a link between them are a group: their only pair is the link.
            let labels = if members.len() == 2 { vec![0, 0] } else { split_component(&members, threshold, weight) };
            (members, labels)
        })
        .collect();
    let parted = dense.into_iter().map(|members| {
        let labels = split_dense(&members, threshold, weight);
        (members, labels)
    });
    for (members, labels) in split.into_iter().chain(parted) {
        for (record, label) in members.iter().zip(labels) {
            groups[*record as usize] = members[label];
        }
    }
    (groups, guarded)
}

fn stronger(edges: &[Edge], least: f32) -> Vec<Edge> {
    edges.iter().copied().filter(|edge| edge.weight >= least).collect()
}

/// Splits a component that is too large for all its pairs: parts of it are split in full, and the groups of the parts are
/// merged by the average weight of their representatives. For each member the place of the first member of its group.
fn split_dense(members: &[u32], threshold: f32, weight: &(dyn Fn(u32, u32) -> f32 + Sync)) -> Vec<usize> {
    let parts: Vec<Vec<usize>> =
        members.par_chunks(LARGEST_COMPONENT).map(|part| split_component(part, threshold, weight)).collect();
    let mut first: Vec<usize> = parts
        .iter()
        .enumerate()
        .flat_map(|(at, part)| part.iter().map(move |label| at * LARGEST_COMPONENT + label))
        .collect();
    let mut groups: std::collections::BTreeMap<usize, Vec<u32>> = std::collections::BTreeMap::new();
    for (member, label) in members.iter().zip(&first) {
        let group = groups.entry(*label).or_default();
        if group.len() < REPRESENTATIVES {
            group.push(*member);
        }
    }
    // The groups that are left over when there are too many stay as they are.
    let labels: Vec<usize> = groups.keys().copied().take(LARGEST_COMPONENT).collect();
    let mean = |a: &[u32], b: &[u32]| {
        let sum: f32 = a.iter().flat_map(|x| b.iter().map(|y| weight(*x, *y))).sum();
        #[expect(clippy::cast_precision_loss, reason = "a few representatives")]
        let mean = sum / (a.len() * b.len()) as f32;
        mean
    };
    let mut weights = Vec::with_capacity(labels.len() * labels.len().saturating_sub(1) / 2);
    for (at, a) in labels.iter().enumerate() {
        weights.extend(labels[at + 1..].iter().map(|b| mean(&groups[a], &groups[b])));
    }
    let mut joined: Vec<usize> = (0..labels.len()).collect();
    for merge in average_linkage(labels.len(), weights).into_iter().filter(|merge| merge.weight >= threshold) {
        let (low, high) = (joined[merge.a].min(joined[merge.b]), joined[merge.a].max(joined[merge.b]));
        joined.iter_mut().filter(|label| **label == high).for_each(|label| *label = low);
    }
    for label in &mut first {
        if let Ok(at) = labels.binary_search(label) {
            *label = labels[joined[at]];
        }
    }
    first
}

/// Splits one component: for each member the place of the first member of its group.
#[must_use]
pub fn split_component(members: &[u32], threshold: f32, weight: &dyn Fn(u32, u32) -> f32) -> Vec<usize> {
    let count = members.len();
    let mut weights = Vec::with_capacity(count * (count - 1) / 2);
    for (at, a) in members.iter().enumerate() {
        weights.extend(members[at + 1..].iter().map(|b| weight(*a, *b)));
    }
    let mut first: Vec<usize> = (0..count).collect();
    for merge in average_linkage(count, weights).into_iter().filter(|merge| merge.weight >= threshold) {
        let (low, high) = (first[merge.a].min(first[merge.b]), first[merge.a].max(first[merge.b]));
        first.iter_mut().filter(|label| **label == high).for_each(|label| *label = low);
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group_by(rows: u32, weight: &(dyn Fn(u32, u32) -> f32 + Sync)) -> Vec<u32> {
        let all = (0..rows).flat_map(|a| (a + 1..rows.min(a + 40)).map(move |b| (a, b)));
        let edges: Vec<Edge> =
            all.map(|(a, b)| Edge { a, b, weight: weight(a, b) }).filter(|edge| edge.weight > 0.0).collect();
        group(rows, &edges, -3.0, weight).0
    }

    #[test]
    fn a_bridge_does_not_join_two_groups() {
        // 0 1 2 and 3 4 5, and one link between them.
        let weight = |a: u32, b: u32| if a / 3 == b / 3 || (a, b) == (2, 3) { 8.0 } else { -9.0 };
        assert_eq!(group_by(6, &weight), [0, 0, 0, 3, 3, 3]);
    }

    #[test]
    fn a_giant_of_equals_stays_whole_and_a_giant_chain_is_parted() {
        let rows = 2_500;
        assert_eq!(group_by(rows, &|_, _| 9.0), vec![0; rows as usize]);
        let chained = group_by(rows, &|a: u32, b: u32| if a.abs_diff(b) == 1 { 5.0 } else { -12.0 });
        let largest = chained.chunk_by(|a, b| a == b).map(<[u32]>::len).max();
        assert!(largest <= Some(3), "{largest:?}");
    }
}
