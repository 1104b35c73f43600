//! Down to which average weight groups are merged, chosen without labels: where the F1 that the posteriors promise is best.

use resolution_engine::{expect::expected, measure::Quality, score::Edge};

use crate::resolve::{BELOW_THRESHOLD, bounded};

/// Where the search starts, and what is kept where nothing is clearly better.
///
/// Not 0: the prior speaks of two records drawn at random, while what is asked of a record that has one strong link into a
/// group already is whether *all* of the group's evidence speaks for it, weak pairs included.
pub(crate) const USUAL: f32 = -3.0;
/// Thresholds that are tried, in bits.
const TRIED: std::ops::RangeInclusive<i8> = -6..=3;
/// Another threshold must promise so much more: posteriors are estimates.
const CLEARLY: f64 = 0.003;
/// Records on which thresholds are tried, about.
const SAMPLED: usize = 10_000;

/// The lowest threshold that may be chosen.
pub(crate) fn lowest() -> f32 {
    f32::from(*TRIED.start())
}

/// The threshold with the best expected F1 on a sample of these edges.
pub(crate) fn choose(edges: &[Edge], weight: &(dyn Fn(u32, u32) -> f32 + Sync)) -> f32 {
    let thresholds: Vec<f32> = TRIED.map(f32::from).collect();
    // A run that asks for other thresholds too keeps weaker edges: they must not decide.
    let near: Vec<Edge> = edges.iter().copied().filter(|edge| edge.weight >= lowest() - BELOW_THRESHOLD).collect();
    let mut curve: Vec<(f32, Quality)> =
        thresholds.iter().copied().zip(expected_at(&thresholds, &near, weight)).collect();
    curve.sort_by(|(x, _), (y, _)| (x - USUAL).abs().total_cmp(&(y - USUAL).abs()));
    let better = |best: (f32, Quality), next: (f32, Quality)| if next.1.f1 > best.1.f1 + CLEARLY { next } else { best };
    curve.into_iter().reduce(better).map_or(USUAL, |(threshold, _)| threshold)
}

/// What is expected of the groups at each of these thresholds.
pub(crate) fn expected_at(
    thresholds: &[f32],
    edges: &[Edge],
    weight: &(dyn Fn(u32, u32) -> f32 + Sync),
) -> Vec<Quality> {
    let link = thresholds.iter().copied().fold(USUAL, f32::min);
    expected(edges, (link, SAMPLED), thresholds, weight, bounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Triples of records: the first two are surely one thing; the third weighs `with_second` and `with_first`.
    fn chosen(with_second: f32, with_first: f32) -> f32 {
        let weight = |a: u32, b: u32| match (a.min(b) % 3, a.max(b) % 3) {
            (0, 1) => 9.0,
            (1, 2) => with_second,
            _ => with_first,
        };
        let pairs = (0..200).flat_map(|at| [(3 * at, 3 * at + 1), (3 * at + 1, 3 * at + 2)]);
        let edges: Vec<Edge> = pairs.map(|(a, b)| Edge { a, b, weight: weight(a, b) }).collect();
        choose(&edges, &weight)
    }

    #[test]
    fn groups_that_are_likely_wrong_raise_it_and_those_that_are_likely_right_lower_it() {
        // On average -2.95 bits: with the usual threshold the third record joins, though it is doubtful both ways.
        assert!(chosen(0.8, -6.7) > USUAL);
        // On average -3.5 bits, but the second record speaks plainly for the third.
        assert!(chosen(5.0, -12.0) < USUAL);
        // Nothing depends on it.
        assert!((chosen(9.0, 9.0) - USUAL).abs() < f32::EPSILON);
    }
}
