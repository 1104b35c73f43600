//! Estimates what a model leaves open: blocking rules, then probabilities.

use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashMap;
use resolution_engine::{
    block::{Blocking, Blocks, Key, KeyCache, Part, Rule, Sides},
    compare::{Comparisons, Ladder, Pattern},
    score::Scorer,
    train::{self, Parameters, PatternCounts},
};

use crate::{
    ResolutionError,
    auto::Choice,
    blocks::{first_rules, more_rules, refuse_exploding},
    records::Records,
    standard::Kind,
    watch::Watch,
};

/// Random pairs that are drawn for u at most.
const RANDOM_PAIRS: u64 = 200_000;
/// Pairs of one rule that EM looks at, about.
const SESSION_PAIRS: u64 = 50_000;
/// Pairs of equal given columns from which their dependence is learnt, about.
const GIVEN_PAIRS: u64 = 200_000;
/// How often dependences are learnt, each from what the others say.
const DEPENDENCE_ROUNDS: usize = 4;
/// Rules on whose pairs EM runs.
const MOST_SESSIONS: usize = 10;
/// A session with fewer expected matches, or a smaller share of them, says nothing reliable.
const LEAST_MATCHES: f64 = 20.0;
const LEAST_SHARE: f64 = 0.02;

/// Pairs that what is known before weighs below the threshold by more than this, in bits, are counted and not held: what is
/// learnt later moves no weight that far.
const OUT_OF_REACH: f32 = 15.0;

/// Whoever watches hears of so many pairs at a time.
const TOLD_EVERY: u64 = 1 << 14;

/// A pair that is compared and on which levels it agrees.
pub(crate) type Pair = (u32, u32, Pattern);

/// Which of the compared pairs are held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Hold {
    /// All of them.
    Every,
    /// Those that may come to weigh as much as this, in bits.
    Near(f32),
}

/// Blocking and probabilities for one set of records.
#[derive(Debug)]
pub(crate) struct Learnt {
    pub(crate) rules: Vec<Rule>,
    pub(crate) blocking: Blocking,
    pub(crate) parameters: Parameters,
    /// The pairs that are held, each once.
    pub(crate) held: Vec<Vec<Pair>>,
    /// How often each pattern occurs among all pairs that were compared.
    pub(crate) counts: PatternCounts,
    cache: KeyCache,
    /// Whether the rules were chosen, and more may be.
    may_grow: bool,
}

/// Learns what `rules` and `known` leave open.
pub(crate) fn learn(
    records: &Records,
    comparisons: &Comparisons<'_>,
    ladders: &[Ladder],
    (rules, known): (Vec<Rule>, Option<Parameters>),
    (which, watch): (Hold, &Watch<'_>),
) -> Result<Learnt, ResolutionError> {
    let all = records.sides.all_pairs(records.order.len());
    let (is_frozen, may_grow) = (known.is_some(), rules.is_empty() && records.sides == Sides::Within);
    let mut parameters = known.unwrap_or_else(|| {
        let u = train::random_levels(comparisons, records.sides, records.rows(), RANDOM_PAIRS);
        Parameters::start(ladders, u, 1.0 / f64::from(records.rows()))
    });
    let mut cache = KeyCache::default();
    let Choice { rules, blocks } = if rules.is_empty() {
        first_rules(records, ladders, &parameters, &mut cache)
    } else {
        cache.learn(&rules, &records.columns);
        let of = |rule: &Rule| Blocks::of(rule, &records.columns, &cache, records.sides);
        Choice { blocks: rules.iter().map(of).collect(), rules }
    };
    if rules.is_empty() && all > records.model.compare_all {
        return Err(
            records.nothing("none of its columns can be blocked on, and there are too many pairs to compare all")
        );
    }
    if all > records.model.compare_all {
        refuse_exploding(records, &rules, &blocks)?;
    }
    if !is_frozen {
        sessions(&mut parameters, records, comparisons, &rules, &blocks);
        let conditional = (0..ladders.len()).filter(|comparison| !ladders[*comparison].given.is_empty());
        let counted: Vec<(usize, PatternCounts)> =
            conditional.map(|at| (at, pairs_that_agree(records, comparisons, ladders, at, &mut cache))).collect();
        // What one learns changes what the evidence for the others weighs.
        for _ in 0..DEPENDENCE_ROUNDS {
            for (comparison, counts) in &counted {
                train::learn_given(&mut parameters, ladders, *comparison, counts);
            }
        }
    }
    let made = if all <= records.model.compare_all {
        let everything = Rule { parts: Vec::new(), max_block: usize::MAX };
        vec![(false, Blocks::of(&everything, &records.columns, &cache, records.sides))]
    } else {
        rules.iter().map(Rule::is_multiple).zip(blocks).collect()
    };
    let blocking = Blocking::of_blocks(made, records.order.len(), records.sides);
    let scorer = scorer(comparisons, ladders, &parameters);
    let (held, counts) = look((&blocking, 0), comparisons, &scorer, which, watch)?;
    if !is_frozen {
        parameters.prior = train::expect_matches(&parameters, ladders, &counts, (1.0, all));
    }
    Ok(Learnt { rules, blocking, parameters, held, counts, cache, may_grow })
}

/// Compares the pairs of the rules from one on, counts their patterns and holds those that may matter: the memory of a run is
/// that of its likely pairs, however many are compared.
fn look(
    (blocking, from): (&Blocking, usize),
    comparisons: &Comparisons<'_>,
    scorer: &Scorer<'_>,
    which: Hold,
    watch: &Watch<'_>,
) -> Result<(Vec<Vec<Pair>>, PatternCounts), ResolutionError> {
    #[derive(Default)]
    struct Seen {
        counts: HashMap<Pattern, u64>,
        held: Vec<Pair>,
        untold: u64,
        is_stopped: bool,
    }
    let is_held = |a: u32, pattern: Pattern| match which {
        Hold::Every => true,
        Hold::Near(least) => scorer.weight_of(a, pattern) >= least - OUT_OF_REACH,
    };
    let at_most: u64 = blocking.rules()[from..].iter().map(|blocks| blocks.pairs).sum();
    let compared = AtomicU64::new(0);
    let each = |seen: &mut Seen, a: u32, b: u32| {
        if seen.is_stopped {
            return;
        }
        let pattern = comparisons.pattern(a, b);
        *seen.counts.entry(pattern).or_default() += 1;
        if is_held(a, pattern) {
            seen.held.push((a, b, pattern));
        }
        seen.untold += 1;
        if seen.untold == TOLD_EVERY {
            seen.untold = 0;
            let so_far = compared.fetch_add(TOLD_EVERY, Ordering::Relaxed) + TOLD_EVERY;
            seen.is_stopped = !watch.compared(so_far, at_most);
        }
    };
    let begin = || Seen { is_stopped: watch.cancel().is_cancelled(), ..Seen::default() };
    let seen = (from..blocking.rules().len()).flat_map(|rule| blocking.visit_new(rule, &begin, &each));
    let (held, counted): (Vec<Vec<Pair>>, Vec<HashMap<Pattern, u64>>) =
        seen.map(|seen| (seen.held, seen.counts)).unzip();
    if watch.cancel().is_cancelled() {
        return Err(ResolutionError::Cancelled);
    }
    Ok((held, PatternCounts::merge(counted)))
}

/// Weighs by what is known before groups are: rarity counts records.
fn scorer<'a>(comparisons: &'a Comparisons<'a>, ladders: &'a [Ladder], parameters: &Parameters) -> Scorer<'a> {
    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    let filled: Vec<f64> =
        (0..comparisons.len()).map(|at| comparisons.column(at).values.filled().max(1) as f64).collect();
    Scorer::new(comparisons, ladders, parameters, &|at, id| {
        f64::from(comparisons.column(at).values.count(id).max(1)) / filled[at]
    })
}

impl Learnt {
    /// Chooses more rules by what the groups show that is missed, and compares their pairs. `members` are groups and their
    /// records, by group.
    pub(crate) fn widen(
        &mut self,
        records: &Records,
        (comparisons, ladders): (&Comparisons<'_>, &[Ladder]),
        members: &[(u32, u32)],
        (which, watch): (Hold, &Watch<'_>),
    ) -> Result<(), ResolutionError> {
        if !self.may_grow {
            return Ok(());
        }
        let spent = self.counts.pairs();
        let known = (ladders, &self.parameters);
        let Choice { rules, blocks } = more_rules(records, known, &mut self.cache, (&self.rules, spent), members);
        // Where all pairs were compared the rules are for other files of their kind.
        if records.sides.all_pairs(records.order.len()) > records.model.compare_all {
            let from = self.blocking.rules().len();
            self.blocking.add(rules.iter().map(Rule::is_multiple).zip(blocks).collect(), records.order.len());
            let scorer = scorer(comparisons, ladders, &self.parameters);
            let (held, counts) = look((&self.blocking, from), comparisons, &scorer, which, watch)?;
            self.held.extend(held);
            self.counts.add(counts);
        }
        self.rules.extend(rules);
        Ok(())
    }

    /// Number of pairs compared.
    pub(crate) fn compared(&self) -> u64 {
        self.counts.pairs()
    }
}

fn counts_of(
    comparisons: &Comparisons<'_>,
    (blocks, most): (&Blocks, u64),
    records: &Records,
    keep: impl Fn(Pattern) -> bool + Sync,
) -> Vec<HashMap<Pattern, u64>> {
    blocks.sample(records.sides, most, HashMap::new, |counts, a, b| {
        let pattern = comparisons.pattern(a, b);
        if keep(pattern) {
            *counts.entry(pattern).or_default() += 1;
        }
    })
}

/// Whether what two people share of this is more than a household. Among pairs that share a name and an address, families
/// stand out as clearly as persons do, and EM could take either for the matches.
fn tells_persons(kind: Kind) -> bool {
    matches!(kind, Kind::GivenName | Kind::FullName | Kind::Date | Kind::Email | Kind::Identifier)
}

/// EM on the pairs of each rule; m of a comparison is the geometric mean over the rules that leave it free, weighed by the
/// square root of the matches that each saw.
fn sessions(
    parameters: &mut Parameters,
    records: &Records,
    comparisons: &Comparisons<'_>,
    rules: &[Rule],
    blocks: &[Blocks],
) {
    let mut sums: Vec<Vec<f64>> = parameters.m.iter().map(|levels| vec![0.0; levels.len()]).collect();
    let mut weights = vec![0.0; parameters.m.len()];
    let names_people = records.kinds.iter().any(|kind| matches!(kind, Kind::GivenName | Kind::FullName));
    let is_personal =
        |rule: &&(&Rule, &Blocks)| rule.0.parts.iter().any(|part| tells_persons(records.kinds[part.column]));
    let usable = |rule: &&(&Rule, &Blocks)| !names_people || is_personal(rule);
    let offered: Vec<(&Rule, &Blocks)> = rules.iter().zip(blocks).collect();
    for (rule, blocks) in offered.iter().filter(usable).take(MOST_SESSIONS) {
        let counts = PatternCounts::merge(counts_of(comparisons, (blocks, SESSION_PAIRS), records, |_| true));
        let fixed: Vec<usize> = (0..comparisons.len())
            .filter(|at| rule.parts.iter().any(|part| part.column == comparisons.ladder(*at).column))
            .collect();
        let session = train::maximise(parameters, &counts, &fixed);
        #[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
        let share = session.matches / session.pairs.max(1) as f64;
        if session.matches < LEAST_MATCHES || share < LEAST_SHARE {
            continue;
        }
        for comparison in (0..sums.len()).filter(|comparison| !fixed.contains(comparison)) {
            let weight = session.matches.sqrt();
            weights[comparison] += weight;
            for (sum, m) in sums[comparison].iter_mut().zip(&session.m[comparison]) {
                *sum += weight * m.max(1e-9).ln();
            }
        }
    }
    for (comparison, weight) in weights.into_iter().enumerate().filter(|(_, weight)| *weight > 0.0) {
        let means: Vec<f64> = sums[comparison].iter().skip(1).map(|sum| (sum / weight).exp()).collect();
        let total: f64 = means.iter().sum();
        for (m, mean) in parameters.m[comparison].iter_mut().skip(1).zip(means) {
            *m = mean / total;
        }
    }
}

/// Pairs chosen by nothing but the columns that a comparison is given: all of them equal, or one of them.
fn pairs_that_agree(
    records: &Records,
    comparisons: &Comparisons<'_>,
    ladders: &[Ladder],
    comparison: usize,
    cache: &mut KeyCache,
) -> PatternCounts {
    let given = &ladders[comparison].given;
    let mut sets: Vec<Vec<usize>> = vec![given.clone()];
    if given.len() > 1 {
        sets.extend(given.iter().map(|one| vec![*one]));
    }
    let mut counted = Vec::new();
    for set in sets {
        let parts = set.iter().map(|one| Part { column: ladders[*one].column, key: Key::Exact }).collect();
        let rule = Rule { parts, max_block: crate::auto::LARGEST_BLOCK };
        cache.learn(std::slice::from_ref(&rule), &records.columns);
        let blocks = Blocks::of(&rule, &records.columns, cache, records.sides);
        // Pairs that agree on all are counted where all were asked for, and only there.
        let asks_all = set.len() == given.len();
        counted.extend(counts_of(comparisons, (&blocks, GIVEN_PAIRS), records, |pattern| {
            (train::agreeing(ladders, comparison, pattern) == given.len()) == asks_all
        }));
    }
    PatternCounts::merge(counted)
}
