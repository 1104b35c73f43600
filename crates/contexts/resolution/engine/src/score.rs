//! The weight of a pair: the prior, what each comparison adds, and how rare an agreed text is.

use crate::{
    compare::{Comparisons, Ladder, Pattern, Test},
    train::{Parameters, agreeing, prior_weight},
};

/// A pair of records and its match weight in bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// The smaller record.
    pub a: u32,
    /// The greater record.
    pub b: u32,
    /// Match weight in bits, the prior included.
    pub weight: f32,
}

/// A frozen model over one set of records. Scoring is a pure function of the two records.
#[derive(Debug)]
pub struct Scorer<'a> {
    comparisons: &'a Comparisons<'a>,
    prior: f32,
    /// By comparison, by how many of the comparisons agree that it is given, by level.
    weights: Vec<Vec<[f32; 16]>>,
    ladders: &'a [Ladder],
    /// For each comparison with an exact rung: what the rarity of each text adds to it.
    terms: Vec<Vec<f32>>,
}

impl<'a> Scorer<'a> {
    /// Freezes these parameters. `frequency` gives for a comparison and a text the share of things that have it.
    #[expect(clippy::cast_possible_truncation, reason = "weights in bits are small")]
    pub fn new(
        comparisons: &'a Comparisons<'a>,
        ladders: &'a [Ladder],
        parameters: &Parameters,
        frequency: &dyn Fn(usize, u32) -> f64,
    ) -> Self {
        let mut weights = Vec::with_capacity(comparisons.len());
        let mut terms = Vec::with_capacity(comparisons.len());
        for comparison in 0..comparisons.len() {
            let ladder = comparisons.ladder(comparison);
            let mut tiers = vec![[0.0; 16]; ladder.given.len() + 1];
            for (agreeing, weights) in tiers.iter_mut().enumerate() {
                for (level, weight) in (0..ladder.levels()).zip(weights.iter_mut()) {
                    let level = u8::try_from(level).unwrap_or(0);
                    *weight = parameters.weight_given(comparison, level, agreeing) as f32;
                }
            }
            weights.push(tiers);
            let rarity = |id: u32| {
                let usual = parameters.u[comparison][1];
                f64::from(ladder.term_weight) * (usual / frequency(comparison, id)).log2()
            };
            let counts = matches!(ladder.tests.first(), Some(Test::Exact)) && ladder.term_weight > 0.0;
            terms.push(if counts {
                comparisons
                    .column(comparison)
                    .values
                    .ids()
                    .map(|id| if id == 0 { 0.0 } else { rarity(id) as f32 })
                    .collect()
            } else {
                Vec::new()
            });
        }
        Self { comparisons, ladders, prior: prior_weight(parameters.prior) as f32, weights, terms }
    }

    /// What a comparison adds at a level, rarity not counted.
    #[must_use]
    pub fn level_weight(&self, comparison: usize, level: u8) -> f32 {
        self.weights[comparison][0][usize::from(level)]
    }

    /// What a comparison adds at a level where so many of the comparisons agree that it is given, rarity not counted.
    #[must_use]
    pub fn weight_given(&self, comparison: usize, level: u8, agreeing: usize) -> f32 {
        self.weights[comparison][agreeing][usize::from(level)]
    }

    /// What the rarity of the agreed text adds; 0 below the exact rung.
    #[must_use]
    pub fn term_weight(&self, comparison: usize, level: u8, record: u32) -> f32 {
        if level != 1 || self.terms[comparison].is_empty() {
            return 0.0;
        }
        self.terms[comparison][self.comparisons.id(record, comparison) as usize]
    }

    /// The prior in bits.
    #[must_use]
    pub fn prior(&self) -> f32 {
        self.prior
    }

    /// Match weight of two records in bits.
    #[inline]
    #[must_use]
    pub fn weight(&self, a: u32, b: u32) -> f32 {
        self.weight_of(a, self.comparisons.pattern(a, b))
    }

    /// Match weight of a pair in bits whose pattern is known; `a` is either record.
    #[inline]
    #[must_use]
    pub fn weight_of(&self, a: u32, pattern: Pattern) -> f32 {
        let mut sum = self.prior;
        for (comparison, tiers) in self.weights.iter().enumerate() {
            let level = pattern.level(comparison);
            let agreeing = if tiers.len() > 1 { agreeing(self.ladders, comparison, pattern) } else { 0 };
            sum += tiers[agreeing][usize::from(level)];
            // How rare a text is says less where it is made of what agrees already.
            if level == 1 && agreeing == 0 {
                sum += self.term_weight(comparison, level, a);
            }
        }
        sum
    }
}
