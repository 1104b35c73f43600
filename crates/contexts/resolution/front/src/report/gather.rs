//! One run, and the figures of the report.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use resolution_engine::{
    cluster::SURER,
    compare::{Comparisons, Ladder, Pattern},
    measure::measure,
    score::Scorer,
    train::{prior_weight, probability},
};

use super::{
    Bin, ComparisonFigures, LevelFigures, PatternFigures, Prior, QualityNow, Report, ReportRequest, Size,
    ThresholdFigures, Unlinkable, examples::examples,
};
use crate::{
    Records, ResolutionError,
    blocking::{analyse, pairs_inside},
    evaluate::{places_of_truth, with_truth_hidden},
    inputs::Inputs,
    model::{Compiled, compile},
    parts::{View, level_in_words},
    resolve::{Found, resolve_at},
    threshold::expected_at,
    watch::Watch,
};

/// Thresholds that are shown, in bits.
const THRESHOLDS: std::ops::RangeInclusive<i8> = -8..=8;
/// Weights that are shown; what is beyond counts at the end.
const WEIGHTS: std::ops::Range<i16> = -40..40;
/// Patterns that are shown, of pairs that weigh at least this.
const MOST_PATTERNS: usize = 40;
const LEAST_PATTERN: f64 = -10.0;

pub(super) fn gather(request: &ReportRequest, watch: &Watch<'_>) -> Result<Report, ResolutionError> {
    let run = &request.run;
    let beside = with_truth_hidden(&run.ignore, request.truth.as_ref());
    let inputs = Inputs::read(std::slice::from_ref(&run.input), &beside, watch)?;
    let records = Records::of(&inputs.model(&run.model)?, &inputs.tables)?;
    let truth = request.truth.as_ref().map(|truth| places_of_truth(&inputs, &records, truth, watch)).transpose()?;
    let thresholds: Vec<f32> = THRESHOLDS.map(f32::from).collect();
    let found = resolve_at(&records, &thresholds, watch)?;
    let names: Vec<&str> = records.names.iter().map(String::as_str).collect();
    let Compiled { ladders, .. } = compile(&found.model, &names);
    let comparisons = Comparisons::prepare(&ladders, &records.columns);
    let scorer = found.weighing.scorer(&comparisons, &ladders);
    let view = View { names: &names, comparisons: &comparisons, ladders: &ladders, scorer: &scorer };
    let seen = Seen { records: &records, found: &found, comparisons: &comparisons, ladders: &ladders, scorer: &scorer };
    let sizes = sizes(&found.groups);
    let count = |least: u64| sizes.iter().filter(|size| size.size >= least).map(|size| size.clusters).sum();
    let prior = found.weighing.parameters.prior;
    let inside = seen.inside();
    let blocking = analyse(&records, &found);
    let thresholds = seen.thresholds(&thresholds, truth.as_deref());
    let off = |tried: &ThresholdFigures| (tried.threshold - found.threshold).abs();
    let nearest = thresholds.iter().min_by(|x, y| off(x).total_cmp(&off(y)));
    Ok(Report {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        file: run.input.from.path().file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        model: run.model.clone(),
        records: u64::from(records.rows()),
        malformed: inputs.malformed(),
        clusters: count(1),
        duplicated: count(2),
        largest: sizes.last().map_or(0, |size| size.size),
        compared: found.compared,
        all_pairs: blocking.all_pairs,
        missed: found.missed,
        quality: nearest.map_or_else(QualityNow::default, |tried| QualityNow::of(tried, count(2))),
        threshold: found.threshold,
        threshold_chosen: records.model.threshold.is_none(),
        link: found.threshold + SURER,
        prior: Prior { probability: prior, bits: prior_weight(prior) },
        comparisons: seen.comparisons(),
        weights: seen.weights(&inside),
        thresholds,
        unlinkable: seen.unlinkable(),
        patterns: seen.patterns(&inside),
        sizes,
        pairs: if request.examples { examples(&view, &inputs, &records, &found) } else { Vec::new() },
        blocking,
    })
}

/// How many pairs with each pattern are in one cluster.
type Inside = HashMap<Pattern, u64>;

struct Seen<'a> {
    records: &'a Records,
    found: &'a Found,
    comparisons: &'a Comparisons<'a>,
    ladders: &'a [Ladder],
    scorer: &'a Scorer<'a>,
}

impl Seen<'_> {
    /// Of the pairs that were compared, those in one cluster, however little they weigh.
    fn inside(&self) -> Inside {
        let mut inside = Inside::new();
        let blocking = &self.found.blocking;
        pairs_inside(&self.found.groups, |a, b| {
            if blocking.gives(a, b) {
                *inside.entry(self.comparisons.pattern(a, b)).or_default() += 1;
            }
        });
        inside
    }

    fn weight_of(&self, pattern: Pattern) -> f64 {
        self.found.weighing.parameters.pattern_weight(self.ladders, pattern)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    fn comparisons(&self) -> Vec<ComparisonFigures> {
        let parameters = &self.found.weighing.parameters;
        let name = |at: usize| self.records.names[self.ladders[at].column].clone();
        let of = |(at, ladder): (usize, &Ladder)| {
            let column = self.comparisons.column(at);
            let mut pairs = vec![0; ladder.levels()];
            for (pattern, count) in &self.found.counts.0 {
                pairs[usize::from(pattern.level(at))] += count;
            }
            let level = |level: usize| {
                let number = u8::try_from(level).unwrap_or(0);
                LevelFigures {
                    agreement: level_in_words(ladder, number),
                    m: parameters.m[at][level],
                    u: parameters.u[at][level],
                    weight: parameters.weight(at, number),
                    pairs: pairs[level],
                }
            };
            ComparisonFigures {
                column: name(at),
                kind: self.records.kinds[ladder.column],
                filled: column.values.filled() as f64 / column.ids.len().max(1) as f64,
                distinct: column.values.len() as u64 - 1,
                given: ladder.given.iter().map(|given| name(*given)).collect(),
                missing_pairs: pairs[0],
                levels: (1..ladder.levels()).map(level).collect(),
            }
        };
        self.ladders.iter().enumerate().map(of).collect()
    }

    fn weights(&self, inside: &Inside) -> Vec<Bin> {
        let mut bins: BTreeMap<i16, (u64, u64)> = BTreeMap::new();
        for (pattern, pairs) in &self.found.counts.0 {
            let bin = bins.entry(bin_of(self.weight_of(*pattern))).or_default();
            bin.0 += pairs;
            bin.1 += inside.get(pattern).copied().unwrap_or(0);
        }
        let (Some((first, _)), Some((last, _))) = (bins.first_key_value(), bins.last_key_value()) else {
            return Vec::new();
        };
        (*first..=*last)
            .map(|from| {
                let (pairs, inside) = bins.get(&from).copied().unwrap_or_default();
                Bin { from: f64::from(from), to: f64::from(from) + 1.0, pairs, inside }
            })
            .collect()
    }

    fn thresholds(&self, thresholds: &[f32], truth: Option<&[(usize, u32)]>) -> Vec<ThresholdFigures> {
        let expected = expected_at(thresholds, &self.found.edges, &|a, b| self.scorer.weight(a, b));
        let measured = |groups: &[u32]| {
            let (found, things): (Vec<u32>, Vec<u32>) =
                truth?.iter().map(|(place, thing)| (groups[*place], *thing)).unzip();
            Some(measure(&found, &things))
        };
        let of = |(tried, expected): (&crate::resolve::Tried, _)| {
            let sizes = sizes(&tried.groups);
            ThresholdFigures {
                threshold: tried.threshold,
                clusters: sizes.iter().map(|size| size.clusters).sum(),
                duplicated: sizes.iter().filter(|size| size.size > 1).map(|size| size.clusters).sum(),
                expected,
                measured: measured(&tried.groups),
            }
        };
        self.found.at.iter().zip(expected).map(of).collect()
    }

    /// Each record beside a copy of itself: what it cannot reach then it reaches with nobody.
    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    fn unlinkable(&self) -> Vec<Unlinkable> {
        let mut own: Vec<f32> = (0..self.records.rows()).map(|record| self.scorer.weight(record, record)).collect();
        own.sort_unstable_by(f32::total_cmp);
        let (Some(least), Some(most)) = (own.first(), own.last()) else { return Vec::new() };
        (bin_of(f64::from(*least))..=bin_of(f64::from(*most)) + 1)
            .map(f64::from)
            .map(|weight| {
                let below = own.partition_point(|own| f64::from(*own) < weight);
                Unlinkable { weight, probability: probability(weight), share: below as f64 / own.len() as f64 }
            })
            .collect()
    }

    fn patterns(&self, inside: &Inside) -> Vec<PatternFigures> {
        let counts = self.found.counts.0.iter().map(|(pattern, pairs)| (self.weight_of(*pattern), *pattern, *pairs));
        let mut frequent: Vec<(f64, Pattern, u64)> = counts.filter(|(weight, ..)| *weight >= LEAST_PATTERN).collect();
        frequent.sort_unstable_by_key(|(_, pattern, pairs)| (std::cmp::Reverse(*pairs), *pattern));
        frequent.truncate(MOST_PATTERNS);
        frequent.sort_by(|x, y| y.0.total_cmp(&x.0));
        let levels = |pattern: Pattern| {
            self.ladders.iter().enumerate().map(|(at, ladder)| level_in_words(ladder, pattern.level(at))).collect()
        };
        let figures = |(weight, pattern, pairs)| PatternFigures {
            levels: levels(pattern),
            weight,
            pairs,
            inside: inside.get(&pattern).copied().unwrap_or(0),
        };
        frequent.into_iter().map(figures).collect()
    }
}

/// The whole bits of a weight, what is out of the scale at its ends.
#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn bin_of(weight: f64) -> i16 {
    weight.floor().clamp(f64::from(WEIGHTS.start), f64::from(WEIGHTS.end - 1)) as i16
}

/// Clusters by size, the smallest first.
fn sizes(groups: &[u32]) -> Vec<Size> {
    let mut members: HashMap<u32, u64> = HashMap::new();
    for group in groups {
        *members.entry(*group).or_default() += 1;
    }
    let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
    for size in members.into_values() {
        *sizes.entry(size).or_default() += 1;
    }
    sizes.into_iter().map(|(size, clusters)| Size { size, clusters }).collect()
}
