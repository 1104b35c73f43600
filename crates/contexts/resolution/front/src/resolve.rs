//! One run over records in memory: learn, weigh, group, learn again from the groups, group once more.

use rayon::prelude::*;
use resolution_engine::{
    block::{Blocking, Rule, Sides},
    cluster::{self, Guarded},
    compare::{Comparisons, Ladder, Test},
    score::{Edge, Scorer},
    train::{Parameters, PatternCounts},
};

use crate::{
    ResolutionError,
    learn::{Hold, Learnt, Pair, learn},
    model::{Compiled, Model, Training, compile, write_back},
    records::Records,
    threshold,
    watch::{Step, Watch},
    weighing::{Frequency, Weighing},
};

/// Pairs that weigh less than the threshold by more than this, in bits, are not kept.
pub(crate) const BELOW_THRESHOLD: f32 = 3.0;
/// Weights beyond this, in bits, say no more in an average: one certain pair must not carry a group.
pub(crate) const MOST_WEIGHT: f32 = 12.0;
/// Pairs inside groups from which m is learnt again, about.
const LEARNT_PAIRS: u64 = 200_000;
/// So many matches as estimated before are added to what is seen in the groups.
const EARLIER_MATCHES: f64 = 10.0;

/// What a run found. Records are named by their place in [`Records::order`].
#[derive(Debug)]
pub struct Found {
    /// For each place the place of the first record of its group.
    pub groups: Vec<u32>,
    /// Pairs that were compared and are not out of the question, weighed.
    pub edges: Vec<Edge>,
    /// The model with all that was learnt.
    pub model: Model,
    /// Pairs that were compared.
    pub compared: u64,
    /// Share of the pairs inside groups that no blocking rule gives: what blocking misses, as far as groups show it.
    pub missed: f64,
    /// Components that were too large.
    pub guarded: Guarded,
    /// The blocks, which tell of any pair whether it was compared.
    pub blocking: Blocking,
    /// Average weight in bits down to which groups were merged.
    pub threshold: f32,
    /// The groups at each of the other thresholds that were asked for.
    pub(crate) at: Vec<Tried>,
    /// The rules, also where all pairs were compared without them.
    pub(crate) rules: Vec<Rule>,
    /// How often each pattern occurs among the pairs compared.
    pub(crate) counts: PatternCounts,
    /// What the pairs were weighed by.
    pub(crate) weighing: Weighing,
}

/// A threshold beside the model's own.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) threshold: f32,
    pub(crate) groups: Vec<u32>,
}

/// The weight of a pair where many are averaged.
pub(crate) fn bounded(weight: f32) -> f32 {
    weight.clamp(-MOST_WEIGHT, MOST_WEIGHT)
}

/// Groups the records of one set.
///
/// # Errors
/// Where nothing can be compared, a rule of the model explodes, or somebody asked to stop.
pub fn resolve(records: &Records, watch: &Watch<'_>) -> Result<Found, ResolutionError> {
    resolve_at(records, &[], watch)
}

/// As [`resolve`], and groups the records at other thresholds too.
pub(crate) fn resolve_at(records: &Records, thresholds: &[f32], watch: &Watch<'_>) -> Result<Found, ResolutionError> {
    let names: Vec<&str> = records.names.iter().map(String::as_str).collect();
    let Compiled { ladders, comparisons: kept, rules, parameters } = compile(&records.model, &names);
    if ladders.is_empty() {
        return Err(records.nothing("the model compares none of its columns"));
    }
    let comparisons = Comparisons::prepare(&ladders, &records.columns);
    watch.enter(Step::Learning)?;
    let is_frozen = parameters.is_some();
    let lowest = lowest(records, thresholds);
    let hold = Hold::Near(lowest - BELOW_THRESHOLD);
    let mut learnt = learn(records, &comparisons, &ladders, (rules, parameters), (hold, watch))?;
    let mut run = Run {
        records,
        comparisons: &comparisons,
        ladders: &ladders,
        is_frozen,
        lowest,
        threshold: records.model.threshold.unwrap_or(threshold::USUAL),
        groups: Vec::new(),
        members: Vec::new(),
        edges: Vec::new(),
        guarded: Guarded::default(),
        weighing: Weighing::default(),
    };
    watch.enter(Step::Grouping)?;
    run.weigh(&learnt);
    run.group();
    learnt.widen(records, (&comparisons, &ladders), &run.members, (hold, watch))?;
    let missed = run.learn_from_groups(&mut learnt);
    watch.enter(Step::Regrouping)?;
    run.weigh(&learnt);
    run.choose_threshold();
    run.group();
    if !thresholds.is_empty() {
        watch.enter(Step::Measuring)?;
    }
    let at =
        thresholds.iter().map(|threshold| Tried { threshold: *threshold, groups: run.grouped(*threshold).0 }).collect();
    let compiled =
        Compiled { ladders: ladders.clone(), comparisons: kept, rules: learnt.rules.clone(), parameters: None };
    let mut model = write_back(&records.model, &names, &compiled, &learnt.parameters);
    model.threshold = Some(run.threshold);
    if !is_frozen {
        model.trained = Some(Training {
            files: Vec::new(),
            records: u64::from(records.rows()),
            pairs: learnt.compared(),
            missed,
            program: env!("CARGO_PKG_VERSION").to_owned(),
        });
    }
    let compared = learnt.compared();
    let Run { groups, edges, guarded, weighing, threshold, .. } = run;
    let Learnt { blocking, rules, counts, .. } = learnt;
    Ok(Found { groups, edges, model, compared, missed, guarded, blocking, threshold, at, rules, counts, weighing })
}

/// The lowest threshold of interest.
fn lowest(records: &Records, others: &[f32]) -> f32 {
    let own = match (records.sides, records.model.threshold) {
        // The threshold is of groups; links are accepted from 0 bits.
        (Sides::Between(_), _) => 0.0,
        (Sides::Within, Some(threshold)) => threshold,
        (Sides::Within, None) => threshold::lowest(),
    };
    others.iter().copied().fold(own, f32::min)
}

struct Run<'a> {
    records: &'a Records,
    comparisons: &'a Comparisons<'a>,
    ladders: &'a [Ladder],
    is_frozen: bool,
    lowest: f32,
    threshold: f32,
    groups: Vec<u32>,
    /// Groups and their records, by group.
    members: Vec<(u32, u32)>,
    edges: Vec<Edge>,
    guarded: Guarded,
    weighing: Weighing,
}

impl Run<'_> {
    /// Weighs the pairs that are held, with what is known now.
    fn weigh(&mut self, learnt: &Learnt) {
        let frequencies: Vec<Frequency> =
            (0..self.comparisons.len()).into_par_iter().map(|at| self.frequency(at)).collect();
        self.weighing = Weighing { parameters: learnt.parameters.clone(), frequencies };
        let scorer = self.scorer();
        let least = self.lowest - BELOW_THRESHOLD;
        let weigh = |(a, b, pattern): &Pair| {
            let weight = scorer.weight_of(*a, *pattern);
            (weight >= least).then_some(Edge { a: *a, b: *b, weight })
        };
        self.edges = learnt.held.par_iter().flat_map_iter(|pairs| pairs.iter().filter_map(weigh)).collect();
    }

    fn scorer(&self) -> Scorer<'_> {
        self.weighing.scorer(self.comparisons, self.ladders)
    }

    /// Where the model states no threshold, it is what the posteriors promise most of.
    fn choose_threshold(&mut self) {
        if self.records.sides == Sides::Within && self.records.model.threshold.is_none() {
            let scorer = self.scorer();
            let chosen = threshold::choose(&self.edges, &|a, b| scorer.weight(a, b));
            self.threshold = chosen;
        }
    }

    /// Groups the records at the threshold.
    fn group(&mut self) {
        (self.groups, self.guarded) = self.grouped(self.threshold);
        self.members = self.groups.iter().copied().zip(0..).collect();
        self.members.par_sort_unstable();
    }

    fn grouped(&self, threshold: f32) -> (Vec<u32>, Guarded) {
        if self.records.sides != Sides::Within {
            return ((0..self.records.rows()).collect(), Guarded::default());
        }
        let scorer = self.scorer();
        cluster::group(self.records.rows(), &self.edges, threshold, &|a, b| bounded(scorer.weight(a, b)))
    }

    fn frequency(&self, at: usize) -> Frequency {
        let column = self.comparisons.column(at);
        if self.groups.is_empty() { Frequency::of_records(column) } else { Frequency::of_things(column, &self.members) }
    }

    /// Learns m, u of equality and the prior from the groups; gives the share of their pairs that blocking missed.
    fn learn_from_groups(&self, learnt: &mut Learnt) -> f64 {
        let groups: Vec<&[(u32, u32)]> =
            self.members.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1).collect();
        let all: u64 = groups.iter().map(|group| (group.len() * (group.len() - 1) / 2) as u64).sum();
        let every = (all / LEARNT_PAIRS).max(1);
        let mut sums: Vec<Vec<f64>> = learnt.parameters.m.iter().map(|levels| vec![0.0; levels.len()]).collect();
        let (mut seen, mut missed) = (0.0, 0.0);
        for (number, group) in groups.iter().enumerate() {
            if !(number as u64).is_multiple_of(every) {
                continue;
            }
            for (at, (_, a)) in group.iter().enumerate() {
                for (_, b) in &group[at + 1..] {
                    seen += 1.0;
                    missed += f64::from(u8::from(!learnt.blocking.gives(*a, *b)));
                    let pattern = self.comparisons.pattern(*a, *b);
                    for (comparison, sums) in sums.iter_mut().enumerate() {
                        sums[usize::from(pattern.level(comparison))] += 1.0;
                    }
                }
            }
        }
        if !self.is_frozen {
            self.take_over(&mut learnt.parameters, &sums, all);
        }
        if seen > 0.0 { missed / seen } else { 0.0 }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
    fn take_over(&self, parameters: &mut Parameters, sums: &[Vec<f64>], matches: u64) {
        if matches == 0 {
            return;
        }
        for (comparison, sums) in sums.iter().enumerate() {
            let m = &mut parameters.m[comparison];
            let total: f64 = sums.iter().skip(1).sum::<f64>() + EARLIER_MATCHES;
            for (m, sum) in m.iter_mut().zip(sums).skip(1) {
                *m = ((sum + EARLIER_MATCHES * *m) / total).max(1e-6);
            }
            if self.ladders[comparison].tests.first() == Some(&Test::Exact) {
                parameters.u[comparison][1] = self.frequency(comparison).chance();
            }
        }
        let all = self.records.sides.all_pairs(self.records.order.len());
        parameters.prior = (matches as f64 / all.max(1) as f64).clamp(1e-12, 0.5);
    }
}
