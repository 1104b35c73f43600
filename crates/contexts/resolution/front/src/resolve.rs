//! One run over records in memory: learn, weigh, group, learn again from the groups, group once more.

use rayon::prelude::*;
use resolution_engine::{
    block::{Blocking, Sides},
    cluster::{self, Guarded},
    column::NULL,
    compare::{Comparisons, Ladder, Test},
    score::{Edge, Scorer},
    train::{self, Parameters},
};

use crate::{
    ResolutionError,
    learn::{Learnt, learn},
    model::{Compiled, Model, Training, compile, write_back},
    records::Records,
    watch::{Step, Watch},
};

/// Pairs that weigh less than the threshold by more than this, in bits, are not kept.
const BELOW_THRESHOLD: f32 = 3.0;
/// Weights beyond this, in bits, say no more in an average: one certain pair must not carry a group.
pub(crate) const MOST_WEIGHT: f32 = 12.0;
/// Pairs inside groups from which m is learnt again, about.
const LEARNT_PAIRS: u64 = 200_000;
/// So many matches as estimated before are added to what is seen in the groups.
const EARLIER_MATCHES: f64 = 10.0;
/// How many usual things are added when the rarity of a text is counted.
const USUAL_THINGS: f64 = 20.0;
/// u of equality is at least this: what has never been seen by chance may be.
const LEAST_U: f64 = 1e-7;

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
    /// The groups at each of the other thresholds that were asked for.
    pub at: Vec<(f32, Vec<u32>)>,
    /// What the pairs were weighed by.
    pub(crate) weighing: Weighing,
}

/// All that a weight depends on beside the two records.
#[derive(Debug, Default)]
pub(crate) struct Weighing {
    pub(crate) parameters: Parameters,
    pub(crate) frequencies: Vec<Frequency>,
}

impl Weighing {
    /// Weighs pairs of records whose comparisons these are.
    pub(crate) fn scorer<'a>(&self, comparisons: &'a Comparisons<'a>, ladders: &'a [Ladder]) -> Scorer<'a> {
        Scorer::new(comparisons, ladders, &self.parameters, &|at, id| {
            self.frequencies[at].of(id, self.parameters.u[at][1])
        })
    }
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
    let mut learnt = learn(records, &comparisons, &ladders, rules, parameters)?;
    let mut run = Run {
        records,
        comparisons: &comparisons,
        ladders: &ladders,
        is_frozen,
        groups: Vec::new(),
        members: Vec::new(),
        edges: Vec::new(),
        guarded: Guarded::default(),
        weighing: Weighing::default(),
    };
    watch.enter(Step::Grouping)?;
    run.weigh(&learnt, &[], watch)?;
    let missed = run.learn_from_groups(&mut learnt);
    watch.enter(Step::Regrouping)?;
    let at = run.weigh(&learnt, thresholds, watch)?;
    let compiled =
        Compiled { ladders: ladders.clone(), comparisons: kept, rules: learnt.rules.clone(), parameters: None };
    let mut model = write_back(&records.model, &names, &compiled, &learnt.parameters);
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
    let Run { groups, edges, guarded, weighing, .. } = run;
    Ok(Found { groups, edges, model, compared, missed, guarded, blocking: learnt.blocking, at, weighing })
}

struct Run<'a> {
    records: &'a Records,
    comparisons: &'a Comparisons<'a>,
    ladders: &'a [Ladder],
    is_frozen: bool,
    groups: Vec<u32>,
    /// Groups and their records, by group.
    members: Vec<(u32, u32)>,
    edges: Vec<Edge>,
    guarded: Guarded,
    weighing: Weighing,
}

/// How many things have each text of a column, and how many have any.
#[derive(Debug)]
pub(crate) struct Frequency {
    counts: Vec<u32>,
    total: f64,
}

impl Frequency {
    /// Share of the things that have a text, some added that have it as often as things usually share one.
    fn of(&self, id: u32, usual: f64) -> f64 {
        (f64::from(self.counts[id as usize]) + 0.5 + USUAL_THINGS * usual) / (self.total + 0.5 + USUAL_THINGS)
    }

    /// Probability that two things drawn at random have the same text.
    fn chance(&self) -> f64 {
        let equal: f64 = self.counts.iter().map(|count| f64::from(*count)).map(|n| n * (n - 1.0)).sum();
        train::chance(equal / 2.0, (self.total * (self.total - 1.0) / 2.0).max(0.0)).max(LEAST_U)
    }
}

impl Run<'_> {
    /// Weighs the pairs and groups the records; gives the groups at other thresholds.
    fn weigh(
        &mut self,
        learnt: &Learnt,
        others: &[f32],
        watch: &Watch<'_>,
    ) -> Result<Vec<(f32, Vec<u32>)>, ResolutionError> {
        let frequencies: Vec<Frequency> =
            (0..self.comparisons.len()).into_par_iter().map(|at| self.frequency(at)).collect();
        self.weighing = Weighing { parameters: learnt.parameters.clone(), frequencies };
        let scorer = self.weighing.scorer(self.comparisons, self.ladders);
        let lowest = others.iter().copied().fold(self.records.model.threshold, f32::min);
        // The threshold is of groups; links are accepted from 0 bits.
        let lowest = if self.records.sides == Sides::Within { lowest } else { lowest.min(0.0) };
        let least = lowest - BELOW_THRESHOLD;
        let weigh = |(a, b, pattern): &(u32, u32, _)| {
            let weight = scorer.weight_of(*a, *pattern);
            (weight >= least).then_some(Edge { a: *a, b: *b, weight })
        };
        self.edges = learnt.pairs.par_iter().flat_map_iter(|pairs| pairs.iter().filter_map(weigh)).collect();
        let weight = |a: u32, b: u32| bounded(scorer.weight(a, b));
        (self.groups, self.guarded) = match self.records.sides {
            Sides::Within => cluster::group(self.records.rows(), &self.edges, self.records.model.threshold, &weight),
            Sides::Between(_) => ((0..self.records.rows()).collect(), Guarded::default()),
        };
        self.members = self.groups.iter().copied().zip(0..).collect();
        self.members.par_sort_unstable();
        let other =
            |threshold: &f32| (*threshold, cluster::group(self.records.rows(), &self.edges, *threshold, &weight).0);
        if !others.is_empty() {
            watch.enter(Step::Measuring)?;
        }
        Ok(others.iter().map(other).collect())
    }

    /// Counts things, not records: once there are groups, a name that one person has ten times is as rare as it is.
    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    fn frequency(&self, at: usize) -> Frequency {
        let column = self.comparisons.column(at);
        if self.groups.is_empty() {
            let count = |id| if id == NULL { 0 } else { column.values.count(id) };
            return Frequency {
                counts: column.values.ids().map(count).collect(),
                total: column.values.filled() as f64,
            };
        }
        let mut counts = vec![0; column.values.len()];
        let mut ids: Vec<u32> = Vec::new();
        for group in self.members.chunk_by(|a, b| a.0 == b.0) {
            ids.clear();
            ids.extend(group.iter().map(|(_, record)| column.ids[*record as usize]).filter(|id| *id != NULL));
            ids.sort_unstable();
            ids.dedup();
            for id in &ids {
                counts[*id as usize] += 1;
            }
        }
        let total = counts.iter().map(|count| f64::from(*count)).sum();
        Frequency { counts, total }
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
