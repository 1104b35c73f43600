//! Estimation of a Fellegi–Sunter model: how probable each level is among matches (m) and among the rest (u).
//!
//! Sources: I. P. Fellegi and A. B. Sunter, *A Theory for Record Linkage*, JASA 64, 1969; W. E. Winkler, *Using the EM
//! Algorithm for Weight Computation in the Fellegi–Sunter Model*, 1988. All sums run over counts of patterns, not over
//! pairs: a million pairs have some thousand patterns.

mod em;
mod matching;
mod random;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

pub use em::{Session, expect_matches, maximise};
pub use matching::{Candidate, Matching, match_one_to_one};
pub use random::random_levels;
pub(crate) use random::scramble;

use crate::compare::{Comparisons, Ladder, Pattern, Test};

/// Probabilities never leave this range: one pair more or less must not make certainty.
const LEAST: f64 = 1e-9;

/// What a model knows: probabilities of levels, by comparison and level; level 0 (missing) holds 0.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Parameters {
    /// Among pairs that match.
    pub m: Vec<Vec<f64>>,
    /// Among pairs that do not.
    pub u: Vec<Vec<f64>>,
    /// Among pairs that do not match though one, two, … of the comparisons agree that this one is given; empty for a
    /// comparison that is given none.
    pub u_given: Vec<Vec<Vec<f64>>>,
    /// Probability that two records drawn at random match.
    pub prior: f64,
}

impl Parameters {
    /// A start: matches agree on high rungs, and the rest as `u` says.
    #[must_use]
    pub fn start(ladders: &[Ladder], u: Vec<Vec<f64>>, prior: f64) -> Self {
        let m = ladders.iter().map(start_m).collect();
        let u_given = ladders.iter().zip(&u).map(|(ladder, u)| vec![u.clone(); ladder.given.len()]).collect();
        Self { m, u, u_given, prior }
    }

    /// Match weight of a level in bits where `agreeing` of the comparisons agree that this one is given.
    #[must_use]
    pub fn weight_given(&self, comparison: usize, level: u8, agreeing: usize) -> f64 {
        match (level, agreeing) {
            (0, _) => 0.0,
            (_, 0) => self.weight(comparison, level),
            (level, agreeing) => {
                let level = usize::from(level);
                (self.m[comparison][level] / self.u_given[comparison][agreeing - 1][level]).log2()
            }
        }
    }

    /// Match weight of a level in bits: log2(m/u); 0 for a missing value.
    #[must_use]
    pub fn weight(&self, comparison: usize, level: u8) -> f64 {
        match level {
            0 => 0.0,
            level => (self.m[comparison][usize::from(level)] / self.u[comparison][usize::from(level)]).log2(),
        }
    }

    /// Match weight of a pattern in bits, the prior included, term frequencies not.
    #[must_use]
    pub fn pattern_weight(&self, ladders: &[Ladder], pattern: Pattern) -> f64 {
        let of = |comparison: usize| {
            let agreeing = agreeing(ladders, comparison, pattern);
            self.weight_given(comparison, pattern.level(comparison), agreeing)
        };
        (0..self.m.len()).map(of).sum::<f64>() + prior_weight(self.prior)
    }
}

/// How many of the comparisons agree that a comparison is given.
#[must_use]
pub fn agreeing(ladders: &[Ladder], comparison: usize, pattern: Pattern) -> usize {
    ladders[comparison].given.iter().filter(|given| ladders[**given].agrees(pattern.level(**given))).count()
}

/// Estimates u of comparisons that are given others, from pairs that were chosen by those others alone: each pair counts as
/// far as the rest of the evidence says that it does not match. Levels that were seen too rarely stay near u.
pub fn learn_given(parameters: &mut Parameters, ladders: &[Ladder], comparison: usize, counts: &PatternCounts) {
    const STRENGTH: f64 = 20.0;
    let tiers = ladders[comparison].given.len();
    let mut seen = vec![vec![0.0; ladders[comparison].levels()]; tiers];
    for (pattern, count) in &counts.0 {
        let agreeing = agreeing(ladders, comparison, *pattern);
        if agreeing == 0 {
            continue;
        }
        let level = pattern.level(comparison);
        let own = parameters.weight_given(comparison, level, agreeing);
        let rest = parameters.pattern_weight(ladders, *pattern) - own;
        #[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
        let share = (1.0 - probability(rest)) * *count as f64;
        seen[agreeing - 1][usize::from(level)] += share;
    }
    for (tier, seen) in seen.iter().enumerate() {
        parameters.u_given[comparison][tier] = shares(seen, &parameters.u[comparison], STRENGTH);
    }
}

/// Log-odds of a probability in bits.
#[must_use]
pub fn prior_weight(prior: f64) -> f64 {
    (prior / (1.0 - prior)).log2()
}

/// Probability of a match weight in bits.
#[must_use]
pub fn probability(weight: f64) -> f64 {
    1.0 / (1.0 + (-weight).exp2())
}

/// Seven in ten agree on the first rung, each rung below has a third of what is left, and the last level the rest. Where
/// agreement is a matter of degree (texts, quantities) any rung is as likely, and the last half as likely.
#[expect(clippy::cast_precision_loss, reason = "a few levels")]
fn start_m(ladder: &Ladder) -> Vec<f64> {
    let tests = ladder.tests.len();
    let mut m = vec![0.0; tests + 2];
    if matches!(ladder.tests.get(1), Some(Test::Trigrams(_) | Test::Words(_) | Test::Ratio(_))) {
        let share = 1.0 / (tests as f64 + 0.5);
        m[1..=tests].fill(share);
        m[tests + 1] = share / 2.0;
        return m;
    }
    let mut left = 1.0;
    for (rung, level) in m[1..=tests].iter_mut().enumerate() {
        let share = if rung == 0 { 0.7 } else { left / 3.0 };
        *level = share;
        left -= share;
    }
    m[tests + 1] = left;
    m
}

/// Makes probabilities of the levels above 0 from counts, with `strength` pseudo-counts spread as `expected` says.
pub(crate) fn shares(counts: &[f64], expected: &[f64], strength: f64) -> Vec<f64> {
    let total: f64 = counts.iter().skip(1).sum::<f64>() + strength;
    let share = |(level, (count, expected)): (usize, (&f64, &f64))| {
        if level == 0 { 0.0 } else { ((count + strength * expected) / total).max(LEAST) }
    };
    counts.iter().zip(expected).enumerate().map(share).collect()
}

/// How many pairs have each pattern, in the order of patterns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PatternCounts(pub Vec<(Pattern, u64)>);

impl PatternCounts {
    /// Adds up what several visitors counted.
    #[must_use]
    pub fn merge(counted: Vec<HashMap<Pattern, u64>>) -> Self {
        let mut all: HashMap<Pattern, u64> = HashMap::new();
        for counts in counted {
            for (pattern, count) in counts {
                *all.entry(pattern).or_default() += count;
            }
        }
        let mut all: Vec<(Pattern, u64)> = all.into_iter().collect();
        all.sort_unstable();
        Self(all)
    }

    /// With the pairs of another count.
    pub fn add(&mut self, more: Self) {
        let counted = [std::mem::take(&mut self.0), more.0].map(|counts| counts.into_iter().collect());
        *self = Self::merge(counted.into());
    }

    /// Number of pairs.
    #[must_use]
    pub fn pairs(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }
}

/// Share of equal pairs, some usual ones added: few pairs know little of strangers.
#[must_use]
pub fn chance(equal: f64, pairs: f64) -> f64 {
    const USUAL_PAIRS: f64 = 50.0;
    const USUALLY_EQUAL: f64 = 0.005;
    (equal + USUAL_PAIRS * USUALLY_EQUAL) / (pairs + USUAL_PAIRS)
}

/// Probability that two values drawn at random are equal, for each comparison; `None` where nobody has a value.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of records")]
pub fn chance_of_equality(comparisons: &Comparisons<'_>) -> Vec<Option<f64>> {
    let of = |comparison: usize| {
        let values = &comparisons.column(comparison).values;
        let filled = values.filled() as f64;
        let equal: f64 = values.ids().skip(1).map(|id| f64::from(values.count(id))).map(|n| n * (n - 1.0)).sum();
        (filled > 1.0).then(|| chance(equal / 2.0, filled * (filled - 1.0) / 2.0))
    };
    (0..comparisons.len()).map(of).collect()
}
