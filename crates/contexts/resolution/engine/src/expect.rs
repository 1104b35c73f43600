//! How good a grouping is likely to be, where nobody knows the truth.
//!
//! The posterior of a pair says how probable it is that it matches. That of a pair inside a group is not its own alone: what
//! two records have in common with a third speaks for them too. Its log-odds are therefore the mean of what the pair says
//! itself and of what the best third record says (the product of the two posteriors on the way, since both must hold). Sums
//! of posteriors are expected counts: of matches inside groups, and of matches that the groups leave apart.

use hashbrown::HashMap;
use rayon::prelude::*;

use crate::{
    cluster::{components, group},
    measure::Quality,
    score::Edge,
    train::{prior_weight, probability, scramble},
};

/// A component beyond this is judged by its pairs alone: the third records of all pairs of a giant are too many.
const LARGEST_FOR_THIRDS: usize = 200;
/// A component beyond this is passed over: all its pairs are too many.
const MOST_MEMBERS: usize = 1_000;
/// A pair that is so probable by itself needs no third record.
const SURE: f64 = 0.99;
/// Posteriors nearer to 0 and 1 than this are as good as certain.
const CERTAIN: f64 = 1e-6;

/// What is expected of groups at each of these thresholds, on the components of about `most_records` records: those that
/// hang together at `link` bits, chosen by their number alone. `weight` scores any pair in bits, `bounded` gives what of a
/// weight counts in an average.
#[must_use]
pub fn expected(
    edges: &[Edge],
    (link, most_records): (f32, usize),
    thresholds: &[f32],
    weight: &(dyn Fn(u32, u32) -> f32 + Sync),
    bounded: fn(f32) -> f32,
) -> Vec<Quality> {
    let linked: Vec<Edge> = edges.iter().copied().filter(|edge| edge.weight >= link).collect();
    let found = components(&linked);
    let records: usize = found.iter().map(|(members, _)| members.len()).sum();
    let every = records.div_ceil(most_records.max(1)).max(1) as u64;
    let chosen: Vec<&(Vec<u32>, Vec<Edge>)> = (0_u64..)
        .zip(&found)
        .filter(|(number, (members, _))| scramble(*number).is_multiple_of(every) && members.len() <= MOST_MEMBERS)
        .map(|(_, component)| component)
        .collect();
    let apart = doubtful(edges, link, &chosen);
    let counted: Vec<Vec<Counts>> = chosen
        .par_iter()
        .map(|(members, inside)| Component::of(members, weight).expect(inside, thresholds, bounded))
        .collect();
    let total = |at: usize| {
        let sum = |of: &dyn Fn(&Counts) -> f64| counted.iter().map(|counts| of(&counts[at])).sum::<f64>();
        let (inside, pairs) = (sum(&|counts| counts.inside), sum(&|counts| counts.pairs));
        let left = sum(&|counts| counts.apart) + apart;
        Quality::of(share(inside, pairs), share(inside, inside + left))
    };
    (0..thresholds.len()).map(total).collect()
}

/// Matches that are expected among the pairs between these components: too weak to link them.
fn doubtful(edges: &[Edge], link: f32, chosen: &[&(Vec<u32>, Vec<Edge>)]) -> f64 {
    let mut component: HashMap<u32, usize> = HashMap::new();
    for (number, (members, _)) in chosen.iter().enumerate() {
        component.extend(members.iter().map(|member| (*member, number)));
    }
    let is_between = |edge: &&Edge| match (component.get(&edge.a), component.get(&edge.b)) {
        (Some(x), Some(y)) => x != y,
        // Its other record was not chosen: of such pairs each side counts half.
        (Some(_), None) | (None, Some(_)) => true,
        (None, None) => false,
    };
    let weak = edges.iter().filter(|edge| edge.weight < link).filter(is_between);
    let half = |edge: &Edge| if component.contains_key(&edge.a) && component.contains_key(&edge.b) { 1.0 } else { 0.5 };
    weak.map(|edge| half(edge) * probability(f64::from(edge.weight))).sum()
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Expected counts of one component at one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Counts {
    /// Matches inside groups.
    inside: f64,
    /// Pairs inside groups.
    pairs: f64,
    /// Matches that the groups leave apart.
    apart: f64,
}

/// The weights of all pairs of a component.
struct Component<'a> {
    members: &'a [u32],
    weights: Vec<f32>,
    posteriors: Vec<f64>,
}

impl<'a> Component<'a> {
    fn of(members: &'a [u32], weight: &(dyn Fn(u32, u32) -> f32 + Sync)) -> Self {
        let size = members.len();
        let (mut weights, mut posteriors) = (vec![0.0; size * size], vec![0.0; size * size]);
        for (at, a) in members.iter().enumerate() {
            for (other, b) in members.iter().enumerate().skip(at + 1) {
                let bits = weight(*a, *b);
                for place in [at * size + other, other * size + at] {
                    weights[place] = bits;
                    posteriors[place] = probability(f64::from(bits));
                }
            }
        }
        Self { members, weights, posteriors }
    }

    fn expect(&self, edges: &[Edge], thresholds: &[f32], bounded: fn(f32) -> f32) -> Vec<Counts> {
        let size = self.members.len();
        let place = |record: u32| {
            let at = self.members.binary_search(&record).unwrap_or(0);
            u32::try_from(at).unwrap_or(u32::MAX)
        };
        let edges: Vec<Edge> =
            edges.iter().map(|edge| Edge { a: place(edge.a), b: place(edge.b), weight: edge.weight }).collect();
        let rows = u32::try_from(size).unwrap_or(u32::MAX);
        let weight = |a: u32, b: u32| bounded(self.weights[a as usize * size + b as usize]);
        thresholds.iter().map(|threshold| self.count(&group(rows, &edges, *threshold, &weight).0)).collect()
    }

    fn count(&self, groups: &[u32]) -> Counts {
        let size = groups.len();
        let mut counts = Counts::default();
        for a in 0..size {
            for b in a + 1..size {
                let direct = self.posteriors[a * size + b];
                if groups[a] != groups[b] {
                    counts.apart += direct;
                    continue;
                }
                counts.pairs += 1.0;
                counts.inside += if direct >= SURE || size > LARGEST_FOR_THIRDS {
                    direct
                } else {
                    self.with_thirds(groups, (a, b), direct)
                };
            }
        }
        counts
    }

    /// The posterior of a pair of one group, the other records of the group considered.
    fn with_thirds(&self, groups: &[u32], (a, b): (usize, usize), direct: f64) -> f64 {
        let size = groups.len();
        let through = (0..size)
            .filter(|third| *third != a && *third != b && groups[*third] == groups[a])
            .map(|third| self.posteriors[a * size + third] * self.posteriors[third * size + b])
            .fold(0.0, f64::max);
        if through > direct { between(direct, through) } else { direct }
    }
}

/// The posterior whose log-odds are the mean of two.
fn between(x: f64, y: f64) -> f64 {
    let odds = |posterior: f64| prior_weight(posterior.clamp(CERTAIN, 1.0 - CERTAIN));
    probability(odds(x).midpoint(odds(y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(a: u32, b: u32, weight: f32) -> Edge {
        Edge { a, b, weight }
    }

    fn expect_at(edges: &[Edge], threshold: f32, weight: &(dyn Fn(u32, u32) -> f32 + Sync)) -> Quality {
        expected(edges, (-3.0, 1_000_000), &[threshold], weight, |bits| bits)[0]
    }

    #[test]
    fn counted_by_hand() {
        // Two pairs of 1 bit, 2/3 each; between them nothing is looked at.
        let edges = [edge(0, 1, 1.0), edge(2, 3, 1.0)];
        let found = expect_at(&edges, -2.0, &|_, _| 1.0);
        assert!((found.precision - 2.0 / 3.0).abs() < 1e-9 && (found.recall - 1.0).abs() < 1e-9, "{found:?}");
        // Nothing is grouped: what is expected is missed.
        assert_eq!(expect_at(&edges, 2.0, &|_, _| 1.0), Quality::of(0.0, 0.0));
    }

    #[test]
    fn a_third_record_speaks_for_a_pair_that_is_doubtful_by_itself() {
        let edges = [edge(0, 1, 10.0), edge(1, 2, 10.0)];
        let weight = |a: u32, b: u32| if a.abs_diff(b) == 2 { -4.0 } else { 10.0 };
        let found = expect_at(&edges, -2.0, &weight);
        // Log-odds of the third pair: the mean of -4 and of what 0.999 twice gives, about 9.
        let third = 3.0 * found.precision - 2.0 * probability(10.0);
        assert!((prior_weight(third) - 2.5).abs() < 0.05, "{third}");
    }

    #[test]
    fn a_sample_is_of_whole_components_and_says_about_the_same() {
        // Of three thousand pairs every third is sure, the others are doubtful.
        let bits = |a: u32| if (a / 2).is_multiple_of(3) { 9.0 } else { 1.0 };
        let edges: Vec<Edge> = (0..3_000).map(|at| edge(at * 2, at * 2 + 1, bits(at * 2))).collect();
        let quality = |most| expected(&edges, (-3.0, most), &[-3.0], &|a, _| bits(a), |bits| bits)[0];
        let (all, some) = (quality(1_000_000), quality(600));
        assert!((all.precision - some.precision).abs() < 0.05 && all != some, "{all:?} {some:?}");
    }
}
