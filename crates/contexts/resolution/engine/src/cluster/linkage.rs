//! Agglomerative clustering with average linkage (UPGMA) by chains of nearest neighbours, in the square of the members.
//!
//! Source: F. Murtagh, *A Survey of Recent Advances in Hierarchical Clustering Algorithms*, Computer Journal 26, 1983.

/// Two groups that become one; each is named by one of its members.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Merge {
    /// A member of the first group.
    pub a: usize,
    /// A member of the second group.
    pub b: usize,
    /// Average weight of the pairs between the two.
    pub weight: f32,
}

/// All merges of `count` members down to one group, the heaviest first. `weights` holds the pairs (0,1), (0,2), … (1,2), ….
/// Average linkage is monotonous: the merges of at least some weight are the groups at that weight.
#[must_use]
pub fn average_linkage(count: usize, mut weights: Vec<f32>) -> Vec<Merge> {
    let place = |a: usize, b: usize| {
        let (a, b) = (a.min(b), a.max(b));
        a * (2 * count - a - 1) / 2 + b - a - 1
    };
    let mut sizes = vec![1.0_f32; count];
    let mut alive: Vec<usize> = (0..count).collect();
    let mut chain: Vec<usize> = Vec::new();
    let mut merges = Vec::with_capacity(count.saturating_sub(1));
    while alive.len() > 1 {
        if chain.is_empty() {
            chain.push(alive[0]);
        }
        let top = chain[chain.len() - 1];
        let before = chain.len().checked_sub(2).map(|at| chain[at]);
        // The one before wins a tie, or the chain would never end.
        let mut nearest = before.map(|other| (other, weights[place(top, other)]));
        for other in alive.iter().copied().filter(|other| *other != top) {
            let weight = weights[place(top, other)];
            if nearest.is_none_or(|(_, best)| weight > best) {
                nearest = Some((other, weight));
            }
        }
        let Some((other, weight)) = nearest else { break };
        if Some(other) != before {
            chain.push(other);
            continue;
        }
        chain.truncate(chain.len() - 2);
        let (kept, gone) = (top.min(other), top.max(other));
        merges.push(Merge { a: kept, b: gone, weight });
        let (mine, theirs) = (sizes[kept], sizes[gone]);
        alive.retain(|member| *member != gone);
        for third in alive.iter().copied().filter(|third| *third != kept) {
            let sum = weights[place(kept, third)] * mine + weights[place(gone, third)] * theirs;
            weights[place(kept, third)] = sum / (mine + theirs);
        }
        sizes[kept] = mine + theirs;
    }
    merges.sort_by(|x, y| y.weight.total_cmp(&x.weight).then(x.a.cmp(&y.a)).then(x.b.cmp(&y.b)));
    merges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Merges the two groups with the greatest average, again and again, from the definition.
    fn by_definition(count: usize, weights: &[f32]) -> Vec<f32> {
        let pair = |a: usize, b: usize| weights[a.min(b) * (2 * count - a.min(b) - 1) / 2 + a.max(b) - a.min(b) - 1];
        let mut groups: Vec<Vec<usize>> = (0..count).map(|member| vec![member]).collect();
        let mut heights = Vec::new();
        while groups.len() > 1 {
            let mut best = (0, 0, f32::MIN);
            for x in 0..groups.len() {
                for y in x + 1..groups.len() {
                    let all: Vec<f32> =
                        groups[x].iter().flat_map(|a| groups[y].iter().map(move |b| pair(*a, *b))).collect();
                    #[expect(clippy::cast_precision_loss, reason = "a few members")]
                    let average = all.iter().sum::<f32>() / all.len() as f32;
                    if average > best.2 {
                        best = (x, y, average);
                    }
                }
            }
            let gone = groups.remove(best.1);
            groups[best.0].extend(gone);
            heights.push(best.2);
        }
        heights
    }

    proptest! {
        #[test]
        fn equals_the_definition(count in 2_usize..9, seed in prop::collection::vec(-20.0_f32..20.0, 36)) {
            let weights = seed[..count * (count - 1) / 2].to_vec();
            let found = average_linkage(count, weights.clone());
            let expected = by_definition(count, &weights);
            prop_assert_eq!(found.len(), expected.len());
            for (merge, height) in found.iter().zip(&expected) {
                prop_assert!((merge.weight - height).abs() < 1e-3, "{:?} {:?}", found, expected);
            }
        }
    }
}
