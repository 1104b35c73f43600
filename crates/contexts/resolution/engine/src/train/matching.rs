//! Estimation for two sets without duplicates of their own: a record's candidates compete.
//!
//! Random pairs are no use where things of a kind resemble each other (two cameras of one maker): what tells the true partner
//! from the next best is learnt from the candidates themselves. EM runs on every record's nearest candidates, the posterior of
//! a pair being its odds beside those of all other candidates of both records; u comes from the candidates that lose.
//!
//! How similar the texts of a pair are is taken *beside* how similar either record is to its next candidates, as A. Conneau
//! et al., *Word Translation Without Parallel Data*, ICLR 2018, section 2.3, do against hubs (cross-domain similarity local
//! scaling).

use super::{Parameters, prior_weight};
use crate::{compare::Pattern, score::Edge};

/// Levels of text contrast: what a pattern's four bits could hold.
const CONTRASTS: usize = 15;
const CONTRAST_STEP: f32 = 0.04;
const LEAST_CONTRAST: f32 = -0.12;
/// Share of m that stays as at the start: what EM has not seen yet is not impossible.
const RESERVE: f64 = 0.02;
/// The same for the contrast of texts, which is less sure.
const RESERVE_CONTRAST: f64 = 0.15;
const MOST_ROUNDS: usize = 50;
const TOLERANCE: f64 = 1e-4;
/// Odds beyond this are as good as certain.
const MOST_BITS: f64 = 30.0;

/// A pair that may be a link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Record of the first set.
    pub a: u32,
    /// Record of the second set.
    pub b: u32,
    /// Levels of all comparisons.
    pub pattern: Pattern,
    /// Similarity of texts, 0 to 1, where there are texts.
    pub similarity: Option<f32>,
}

/// What was learnt, and every candidate with the log-odds of its posterior.
#[derive(Debug, Clone, PartialEq)]
pub struct Matching {
    /// The parameters on candidates. The comparisons that the contrast stands for are as given.
    pub parameters: Parameters,
    /// m and u of the levels of contrast; empty where there are no texts.
    pub contrast: Vec<(f64, f64)>,
    /// Expected share of the records of the smaller set that have a partner.
    pub share: f64,
    /// Log-odds in bits that a candidate is a link, before it is looked at.
    pub prior: f64,
    /// The level of contrast of each candidate; empty where there are no texts.
    pub contrasts: Vec<u8>,
    /// Candidates, weighted by the log-odds of the posterior, in bits.
    pub edges: Vec<Edge>,
    /// Rounds until it stood still.
    pub rounds: usize,
}

struct Learning<'a> {
    candidates: &'a [Candidate],
    /// Comparisons that speak for themselves: texts speak through the contrast.
    spoken: Vec<usize>,
    contrasts: Vec<u8>,
    start_contrast: Vec<f64>,
    start: Parameters,
    sizes: (usize, usize),
}

/// Learns from the candidates of two sets of these sizes. `texts` are the comparisons whose similarity the candidates carry;
/// `neighbours` is how many candidates each record has at least.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of records")]
pub fn match_one_to_one(
    start: &Parameters,
    candidates: &[Candidate],
    texts: &[usize],
    sizes: (usize, usize),
    neighbours: usize,
) -> Matching {
    let contrasts = contrasts(candidates, sizes, neighbours);
    let rising: Vec<f64> = (0..CONTRASTS).map(|level| 0.2 + 0.8 * level as f64 / (CONTRASTS - 1) as f64).collect();
    let sum: f64 = rising.iter().sum();
    let learning = Learning {
        candidates,
        spoken: (0..start.m.len()).filter(|comparison| !texts.contains(comparison)).collect(),
        start_contrast: if contrasts.is_empty() {
            Vec::new()
        } else {
            rising.iter().map(|level| level / sum).collect()
        },
        contrasts,
        start: start.clone(),
        sizes,
    };
    let mut now = learning.first();
    // A single kind of evidence cannot be told from its own errors: then nothing is learnt beyond the start.
    let rounds = if learning.spoken.is_empty() { 1 } else { MOST_ROUNDS };
    for round in 1..=rounds {
        let (next, moved) = learning.round(&now);
        let keep = Matching { rounds: round, ..next };
        let still = moved < TOLERANCE;
        if still || round == rounds {
            return Matching { parameters: if rounds == 1 { now.parameters } else { keep.parameters }, ..keep };
        }
        now = keep;
    }
    now
}

/// The level of each candidate: its similarity less the mean of what its two records find elsewhere, each among its next
/// `neighbours` candidates, those it lacks counted as 0.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a level is 0 to 14"
)]
fn contrasts(candidates: &[Candidate], sizes: (usize, usize), neighbours: usize) -> Vec<u8> {
    let mut found: Vec<Vec<f32>> = vec![Vec::new(); sizes.0 + sizes.1];
    for candidate in candidates {
        let Some(similarity) = candidate.similarity else { return Vec::new() };
        found[candidate.a as usize].push(similarity);
        found[candidate.b as usize].push(similarity);
    }
    let elsewhere: Vec<f32> = found
        .into_iter()
        .map(|mut similarities| {
            similarities.sort_unstable_by(|x, y| y.total_cmp(x));
            similarities.iter().skip(1).take(neighbours).sum::<f32>() / neighbours as f32
        })
        .collect();
    let level = |candidate: &Candidate| {
        let usual = elsewhere[candidate.a as usize].midpoint(elsewhere[candidate.b as usize]);
        let contrast = candidate.similarity.unwrap_or_default() - usual;
        ((contrast - LEAST_CONTRAST) / CONTRAST_STEP + 1.0).clamp(0.0, CONTRASTS as f32 - 1.0) as u8
    };
    candidates.iter().map(level).collect()
}

/// Counts of levels, weighted.
struct Sums {
    levels: Vec<Vec<f64>>,
    contrast: Vec<f64>,
}

impl Learning<'_> {
    fn sums(&self) -> Sums {
        Sums {
            levels: self.start.m.iter().map(|levels| vec![0.0; levels.len()]).collect(),
            contrast: vec![0.0; self.start_contrast.len()],
        }
    }

    fn add(&self, sums: &mut Sums, at: usize, share: f64) {
        let pattern = self.candidates[at].pattern;
        for comparison in &self.spoken {
            sums.levels[*comparison][usize::from(pattern.level(*comparison))] += share;
        }
        if let Some(level) = self.contrasts.get(at) {
            sums.contrast[usize::from(*level)] += share;
        }
    }

    /// Before the first round every candidate counts as one that loses: most do.
    fn first(&self) -> Matching {
        let mut all = self.sums();
        (0..self.candidates.len()).for_each(|at| self.add(&mut all, at, 1.0));
        let mut parameters = self.start.clone();
        for comparison in &self.spoken {
            parameters.u[*comparison] = shares_of(&all.levels[*comparison], 1);
        }
        let u = shares_of(&all.contrast, 0);
        let contrast = self.start_contrast.iter().copied().zip(u).collect();
        let (share, prior, contrasts) = (0.5, 0.0, self.contrasts.clone());
        Matching { parameters, contrast, share, prior, contrasts, edges: Vec::new(), rounds: 0 }
    }

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "counts of records; bits")]
    fn round(&self, now: &Matching) -> (Matching, f64) {
        let smaller = self.sizes.0.min(self.sizes.1).max(1) as f64;
        let prior = prior_weight(now.share) - (self.candidates.len() as f64 / smaller).log2();
        let odds: Vec<f64> =
            (0..self.candidates.len()).map(|at| (prior + self.weight(now, at)).min(MOST_BITS).exp2()).collect();
        let mut rivals = vec![0.0; self.sizes.0 + self.sizes.1];
        for (candidate, odds) in self.candidates.iter().zip(&odds) {
            rivals[candidate.a as usize] += odds;
            rivals[candidate.b as usize] += odds;
        }
        let (mut won, mut lost, mut total) = (self.sums(), self.sums(), 0.0);
        let mut edges = Vec::with_capacity(odds.len());
        for (at, (candidate, odds)) in self.candidates.iter().zip(&odds).enumerate() {
            let rival = rivals[candidate.a as usize] + rivals[candidate.b as usize] - 2.0 * odds;
            let posterior = odds / (1.0 + rival + odds);
            total += posterior;
            self.add(&mut won, at, posterior);
            self.add(&mut lost, at, 1.0 - posterior);
            edges.push(Edge { a: candidate.a, b: candidate.b, weight: (odds / (1.0 + rival)).log2() as f32 });
        }
        let (mut parameters, mut moved) = (now.parameters.clone(), 0.0_f64);
        for comparison in &self.spoken {
            let m = reserved(&shares_of(&won.levels[*comparison], 1), &self.start.m[*comparison], RESERVE);
            moved =
                m.iter().zip(&parameters.m[*comparison]).fold(moved, |moved, (new, old)| moved.max((new - old).abs()));
            parameters.m[*comparison] = m;
            parameters.u[*comparison] = shares_of(&lost.levels[*comparison], 1);
        }
        let m = reserved(&shares_of(&won.contrast, 0), &self.start_contrast, RESERVE_CONTRAST);
        moved = m.iter().zip(&now.contrast).fold(moved, |moved, (new, (old, _))| moved.max((new - old).abs()));
        let contrast = m.into_iter().zip(shares_of(&lost.contrast, 0)).collect();
        let share = (total / smaller).clamp(0.001, 0.98);
        (Matching { parameters, contrast, share, prior, contrasts: self.contrasts.clone(), edges, rounds: 0 }, moved)
    }

    fn weight(&self, now: &Matching, at: usize) -> f64 {
        let pattern = self.candidates[at].pattern;
        let levels: f64 =
            self.spoken.iter().map(|comparison| now.parameters.weight(*comparison, pattern.level(*comparison))).sum();
        let contrast = self.contrasts.get(at).map_or(0.0, |level| {
            let (m, u) = now.contrast[usize::from(*level)];
            (m / u).log2()
        });
        levels + contrast
    }
}

/// Shares of the entries from `from` on, half a count added to each.
fn shares_of(counts: &[f64], from: usize) -> Vec<f64> {
    let total: f64 = counts.iter().skip(from).map(|count| count + 0.5).sum();
    counts.iter().enumerate().map(|(at, count)| if at < from { 0.0 } else { (count + 0.5) / total }).collect()
}

fn reserved(learnt: &[f64], start: &[f64], share: f64) -> Vec<f64> {
    learnt.iter().zip(start).map(|(learnt, start)| (1.0 - share) * learnt + share * start).collect()
}
