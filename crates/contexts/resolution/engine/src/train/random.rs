//! u by random pairs: nearly all pairs of a set do not match.

use rayon::prelude::*;

use super::{LEAST, chance_of_equality};
use crate::{
    block::Sides,
    compare::{Comparisons, Test},
};

/// Pairs drawn at a time.
const ROUND: u64 = 1 << 16;
/// How many usual pairs are added, and how probable a rung is among them: in a file of ten records its duplicates would
/// otherwise say that strangers agree.
const USUAL_PAIRS: f64 = 50.0;
const USUAL_RUNG: f64 = 0.002;
/// A level that was seen this often is known to about ten per cent.
const ENOUGH: u64 = 100;

/// How probable each level is for two records drawn at random: pairs are drawn until each level was seen often enough or
/// `most_pairs` were drawn. The chance of equality is not drawn but computed from how frequent each text is. The same
/// records in the same order give the same result.
#[must_use]
pub fn random_levels(comparisons: &Comparisons<'_>, sides: Sides, rows: u32, most_pairs: u64) -> Vec<Vec<f64>> {
    let mut counts: Vec<Vec<u64>> = levels(comparisons).iter().map(|levels| vec![0; *levels]).collect();
    let all = sides.all_pairs(rows as usize);
    let most = most_pairs.min(all.saturating_mul(2));
    let mut drawn = 0;
    while drawn < most {
        let round = ROUND.min(most - drawn);
        let parts: Vec<Vec<Vec<u64>>> = (0..16_u64)
            .into_par_iter()
            .map(|part| {
                let from = drawn + part * round / 16;
                count(comparisons, (from, drawn + (part + 1) * round / 16), sides, rows)
            })
            .collect();
        for part in parts {
            for (sum, seen) in counts.iter_mut().flatten().zip(part.into_iter().flatten()) {
                *sum += seen;
            }
        }
        drawn += round;
        if counts.iter().all(|levels| levels.iter().skip(1).all(|seen| *seen >= ENOUGH)) {
            break;
        }
    }
    let chance = if sides == Sides::Within { chance_of_equality(comparisons) } else { vec![None; counts.len()] };
    let share = |(comparison, counts): (usize, &Vec<u64>)| {
        let mut u = usual(counts);
        if let (Some(equal), Some(Test::Exact)) = (chance[comparison], comparisons.ladder(comparison).tests.first()) {
            u[1] = equal.clamp(LEAST, 1.0);
        }
        u
    };
    counts.iter().enumerate().map(share).collect()
}

/// Shares of the levels, so many pairs added that behave as pairs of strangers usually do.
#[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
fn usual(counts: &[u64]) -> Vec<f64> {
    let rungs = counts.len() - 2;
    let seen: u64 = counts.iter().skip(1).sum();
    let expected = |level: usize| if level <= rungs { USUAL_RUNG } else { 1.0 - rungs as f64 * USUAL_RUNG };
    let share = |level: usize| (counts[level] as f64 + USUAL_PAIRS * expected(level)) / (seen as f64 + USUAL_PAIRS);
    (0..counts.len()).map(|level| if level == 0 { 0.0 } else { share(level).max(LEAST) }).collect()
}

fn levels(comparisons: &Comparisons<'_>) -> Vec<usize> {
    (0..comparisons.len()).map(|comparison| comparisons.ladder(comparison).levels()).collect()
}

fn count(comparisons: &Comparisons<'_>, (from, to): (u64, u64), sides: Sides, rows: u32) -> Vec<Vec<u64>> {
    let mut counts: Vec<Vec<u64>> = levels(comparisons).iter().map(|levels| vec![0; *levels]).collect();
    for number in from..to {
        let (a, b) = draw(number, sides, rows);
        if a == b {
            continue;
        }
        let pattern = comparisons.pattern(a, b);
        for (comparison, counts) in counts.iter_mut().enumerate() {
            counts[usize::from(pattern.level(comparison))] += 1;
        }
    }
    counts
}

/// The pair with this number: two indices from the bits of one hash.
fn draw(number: u64, sides: Sides, rows: u32) -> (u32, u32) {
    let bits = scramble(number);
    let (high, low) = (bits >> 32, bits & 0xffff_ffff);
    let within = |bits: u64, from: u32, to: u32| {
        let span = u64::from(to - from);
        from + u32::try_from((bits * span) >> 32).unwrap_or(0)
    };
    match sides {
        Sides::Within => (within(high, 0, rows), within(low, 0, rows)),
        Sides::Between(first) => (within(high, 0, first), within(low, first, rows)),
    }
}

/// `SplitMix64` (G. Steele, D. Lea, C. Flood, 2014): every number gives another, well mixed.
pub(crate) fn scramble(number: u64) -> u64 {
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}
