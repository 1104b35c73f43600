//! What blocking rules give and what they miss, as far as the clusters show it.

use resolution_engine::block::{Blocking, Blocks, KeyCache};
use serde::Serialize;

use crate::{
    Records, ResolutionError,
    blocks::describe,
    dedupe::DedupeRequest,
    inputs::Inputs,
    resolve::{Found, resolve},
    watch::{Step, Watch},
};

/// Members of a cluster whose pairs are looked at.
const MOST_MEMBERS: usize = 1_000;

/// Blocking rules, the most useful first, and what they give together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BlockingReport {
    /// The rules.
    pub rules: Vec<RuleReport>,
    /// Pairs that there are.
    pub all_pairs: u64,
    /// Pairs that the rules give, each once.
    pub pairs: u64,
    /// Share of the pairs inside clusters that no rule gives: at least so many matches are missed.
    pub missed: f64,
    /// Whether all pairs were compared, there being so few, and not only those of the rules.
    pub all_compared: bool,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleReport {
    /// In words.
    pub rule: String,
    /// Pairs that it gives.
    pub pairs: u64,
    /// Of them those that no rule before it gives.
    pub new: u64,
    /// Pairs inside clusters that it gives.
    pub matches: u64,
    /// Of them those that no rule before it gives.
    pub new_matches: u64,
    /// Share of the pairs inside clusters that neither it nor a rule before it gives.
    pub missed: f64,
    /// Blocks that are left out because they are too large.
    pub oversized: u64,
    /// Pairs in those.
    pub oversized_pairs: u64,
}

/// Suggests blocking rules for a file: those that the model states, or else those that `auto` chooses.
///
/// # Errors
/// As [`crate::dedupe`].
pub fn suggest_blocking(request: &DedupeRequest, watch: &Watch<'_>) -> Result<BlockingReport, ResolutionError> {
    let inputs = Inputs::read(std::slice::from_ref(&request.input), &request.ignore, watch)?;
    let records = Records::of(&inputs.model(&request.model)?, &inputs.tables)?;
    let found = resolve(&records, watch)?;
    watch.enter(Step::Measuring)?;
    Ok(analyse(&records, &found))
}

/// Counts what the rules of a run give.
pub(crate) fn analyse(records: &Records, found: &Found) -> BlockingReport {
    let mut cache = KeyCache::default();
    cache.learn(&found.rules, &records.columns);
    let blocks: Vec<Blocks> =
        found.rules.iter().map(|rule| Blocks::of(rule, &records.columns, &cache, records.sides)).collect();
    let mut rules: Vec<RuleReport> = found
        .rules
        .iter()
        .zip(&blocks)
        .map(|(rule, blocks)| RuleReport {
            rule: describe(rule, &records.names),
            pairs: blocks.pairs,
            new: 0,
            matches: 0,
            new_matches: 0,
            missed: 1.0,
            oversized: blocks.oversized,
            oversized_pairs: blocks.oversized_pairs,
        })
        .collect();
    let made = found.rules.iter().zip(blocks).map(|(rule, blocks)| (rule.is_multiple(), blocks)).collect();
    let blocking = Blocking::of_blocks(made, records.order.len(), records.sides);
    for (at, rule) in rules.iter_mut().enumerate() {
        rule.new = blocking.visit_new(at, &|| 0_u64, &|count, _, _| *count += 1).iter().sum();
    }
    let inside = count_inside(&blocking, &found.groups, &mut rules);
    let mut caught = 0;
    for rule in &mut rules {
        caught += rule.new_matches;
        rule.missed = share(inside - caught, inside);
    }
    let all_pairs = records.sides.all_pairs(records.order.len());
    BlockingReport {
        all_pairs,
        pairs: rules.iter().map(|rule| rule.new).sum(),
        missed: share(inside - caught, inside),
        all_compared: all_pairs <= records.model.compare_all,
        rules,
    }
}

/// Counts the pairs inside groups, and which rules give them.
fn count_inside(blocking: &Blocking, groups: &[u32], rules: &mut [RuleReport]) -> u64 {
    let mut inside = 0;
    pairs_inside(groups, |a, b| {
        inside += 1;
        let mut first = true;
        for (number, rule) in rules.iter_mut().enumerate() {
            if blocking.gives_by(number, a, b) {
                rule.matches += 1;
                rule.new_matches += u64::from(first);
                first = false;
            }
        }
    });
    inside
}

/// Visits the pairs inside groups, of a very large one those of its first members.
pub(crate) fn pairs_inside(groups: &[u32], mut each: impl FnMut(u32, u32)) {
    let mut members: Vec<(u32, u32)> = groups.iter().copied().zip(0..).collect();
    members.sort_unstable();
    for group in members.chunk_by(|a, b| a.0 == b.0) {
        let group = &group[..group.len().min(MOST_MEMBERS)];
        for (at, (_, a)) in group.iter().enumerate() {
            group[at + 1..].iter().for_each(|(_, b)| each(*a, *b));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
