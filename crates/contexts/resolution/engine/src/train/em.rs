//! m by expectation maximisation on the pairs of one blocking rule, u held fixed.

use crate::compare::Ladder;

use super::{Parameters, PatternCounts, prior_weight, probability, shares};

const MOST_ROUNDS: usize = 200;
/// Rounds end when no probability moves by more than this.
const TOLERANCE: f64 = 1e-5;
/// So many matches that behave as the start says are added to what is seen.
const PRIOR_MATCHES: f64 = 10.0;
/// Share of matches that the first round expects in a block.
const FIRST_SHARE: f64 = 0.1;

/// What one rule's pairs said.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// m of each comparison; that of comparisons the rule fixes is as it was at the start.
    pub m: Vec<Vec<f64>>,
    /// Matches that are expected among the pairs.
    pub matches: f64,
    /// Pairs.
    pub pairs: u64,
    /// Rounds until it stood still.
    pub rounds: usize,
}

/// Estimates m from pairs that all agree on the comparisons in `fixed`; these say nothing about themselves.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
pub fn maximise(start: &Parameters, counts: &PatternCounts, fixed: &[usize]) -> Session {
    let pairs = counts.pairs();
    let free: Vec<usize> = (0..start.m.len()).filter(|comparison| !fixed.contains(comparison)).collect();
    let mut now = Parameters { prior: FIRST_SHARE, ..start.clone() };
    let mut session = Session { m: start.m.clone(), matches: 0.0, pairs, rounds: 0 };
    for round in 1..=MOST_ROUNDS {
        let weights: Vec<Vec<f64>> = (0..now.m.len())
            .map(|comparison| {
                (0..now.m[comparison].len())
                    .map(|level| now.weight(comparison, u8::try_from(level).unwrap_or(0)))
                    .collect()
            })
            .collect();
        let mut sums: Vec<Vec<f64>> = now.m.iter().map(|levels| vec![0.0; levels.len()]).collect();
        let mut matches = 0.0;
        let odds = prior_weight(now.prior);
        for (pattern, count) in &counts.0 {
            let weight: f64 =
                free.iter().map(|comparison| weights[*comparison][usize::from(pattern.level(*comparison))]).sum();
            let share = probability(odds + weight) * *count as f64;
            matches += share;
            for comparison in &free {
                sums[*comparison][usize::from(pattern.level(*comparison))] += share;
            }
        }
        let mut moved = 0.0_f64;
        for comparison in &free {
            let next = shares(&sums[*comparison], &start.m[*comparison], PRIOR_MATCHES);
            for (old, new) in now.m[*comparison].iter().zip(&next) {
                moved = moved.max((old - new).abs());
            }
            now.m[*comparison] = next;
        }
        let share = (matches / pairs.max(1) as f64).clamp(1e-9, 1.0 - 1e-6);
        moved = moved.max((share - now.prior).abs());
        now.prior = share;
        session = Session { m: now.m.clone(), matches, pairs, rounds: round };
        if moved < TOLERANCE {
            break;
        }
    }
    session
}

/// The prior with which the posterior probabilities of these pairs add up to the matches that the prior says, `coverage`
/// being the share of all matches that is among them, and `all_pairs` the number of pairs with or without blocking.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
pub fn expect_matches(
    parameters: &Parameters,
    ladders: &[Ladder],
    counts: &PatternCounts,
    (coverage, all_pairs): (f64, u64),
) -> f64 {
    let mut prior = parameters.prior;
    let weighed: Vec<(f64, f64)> = counts
        .0
        .iter()
        .map(|(pattern, count)| {
            (parameters.pattern_weight(ladders, *pattern) - prior_weight(parameters.prior), *count as f64)
        })
        .collect();
    for _ in 0..MOST_ROUNDS {
        let odds = prior_weight(prior);
        let matches: f64 = weighed.iter().map(|(weight, count)| count * probability(odds + weight)).sum();
        let next = (matches / coverage / all_pairs.max(1) as f64).clamp(1e-12, 0.5);
        let moved = (next / prior).ln().abs();
        prior = next;
        if moved < TOLERANCE {
            break;
        }
    }
    prior
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Pattern, Test};

    /// Counts that a known model makes, in expectation.
    fn made(truth: &Parameters, pairs: f64) -> PatternCounts {
        let mut counts = Vec::new();
        for code in 0..27_u64 {
            let levels = [code % 3 + 1, code / 3 % 3 + 1, code / 9 + 1];
            let of = |side: &[Vec<f64>]| -> f64 {
                levels.iter().enumerate().map(|(c, l)| side[c][usize::try_from(*l).unwrap()]).product()
            };
            let chance = truth.prior * of(&truth.m) + (1.0 - truth.prior) * of(&truth.u);
            let pattern = Pattern(levels[0] | levels[1] << 4 | levels[2] << 8);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive count")]
            counts.push((pattern, (chance * pairs).round() as u64));
        }
        counts.sort_unstable();
        PatternCounts(counts)
    }

    #[test]
    fn a_known_model_is_found_again() {
        let u = vec![vec![0.0, 0.01, 0.04, 0.95], vec![0.0, 0.002, 0.01, 0.988], vec![0.0, 0.1, 0.1, 0.8]];
        let m = vec![vec![0.0, 0.8, 0.15, 0.05], vec![0.0, 0.9, 0.06, 0.04], vec![0.0, 0.6, 0.3, 0.1]];
        let truth = Parameters { m, u: u.clone(), u_given: vec![vec![]; 3], prior: 0.03 };
        let ladder = Ladder {
            column: 0,
            partner: None,
            tests: vec![Test::Exact; 2],
            silent_when: vec![],
            given: vec![],
            term_weight: 0.0,
        };
        let u0 = u.clone();
        let start = Parameters { u, ..Parameters::start(&vec![ladder.clone(); 3], u0, 0.001) };
        let session = maximise(&start, &made(&truth, 1e7), &[]);
        assert!((session.matches / 1e7 - 0.03).abs() < 0.001, "{session:?}");
        for (found, known) in session.m.iter().flatten().zip(truth.m.iter().flatten()) {
            assert!((found - known).abs() < 0.01, "{session:?}");
        }
        let known = Parameters { prior: 1e-4, ..truth.clone() };
        let prior = expect_matches(&known, &vec![ladder; 3], &made(&truth, 1e7), (1.0, 10_000_000));
        assert!((prior - 0.03).abs() < 0.001, "{prior}");
    }
}
