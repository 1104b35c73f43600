//! `explain`: why two records are, or are not, taken for the same thing.

use resolution_engine::{
    cluster::{LARGEST_COMPONENT, average_linkage},
    compare::Comparisons,
    train::probability,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Records, ResolutionError,
    dedupe::DedupeRequest,
    inputs::Inputs,
    model::{Compiled, compile},
    parts::{Part, View},
    resolve::{Found, bounded, resolve},
    watch::Watch,
};

/// A pair of records under the model.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize)]
pub struct Explanation {
    /// Ids.
    pub a: String,
    /// Ids.
    pub b: String,
    /// The prior in bits: where the sum starts.
    pub prior: f32,
    /// What each comparison adds.
    pub parts: Vec<Part>,
    /// The sum in bits.
    pub weight: f32,
    /// Probability of a match, of this pair alone.
    pub probability: f64,
    /// Whether some blocking rule gives the pair; otherwise it was only compared inside a group.
    pub given_by_blocking: bool,
    /// Whether both are in one cluster.
    pub same_cluster: bool,
    /// Average weight down to which clusters are merged.
    pub threshold: f32,
    /// How the cluster of the first record came to be, the surest step first; and the step that would take in the second,
    /// where they are apart. Empty where the clusters are too large for all their pairs.
    pub grouped: Vec<Grouped>,
}

/// Two groups that became one, or would.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize)]
pub struct Grouped {
    /// Ids of the one.
    pub left: Vec<String>,
    /// Ids of the other.
    pub right: Vec<String>,
    /// Average weight of the pairs between them, each bounded.
    pub weight: f32,
    /// Whether that was enough.
    pub merged: bool,
}

/// Explains a pair of records of a file.
///
/// # Errors
/// As [`crate::dedupe`], and where an id is not in the file.
pub fn explain(
    request: &DedupeRequest,
    (a, b): (&str, &str),
    watch: &Watch<'_>,
) -> Result<Explanation, ResolutionError> {
    let inputs = Inputs::read(std::slice::from_ref(&request.input), &request.ignore, watch)?;
    let (left, right) = (inputs.record(0, a)?, inputs.record(0, b)?);
    let records = Records::of(&inputs.model(&request.model)?, &inputs.tables)?;
    let found = resolve(&records, watch)?;
    let names: Vec<&str> = records.names.iter().map(String::as_str).collect();
    let Compiled { ladders, .. } = compile(&found.model, &names);
    let comparisons = Comparisons::prepare(&ladders, &records.columns);
    let scorer = found.weighing.scorer(&comparisons, &ladders);
    let view = View { names: &names, comparisons: &comparisons, ladders: &ladders, scorer: &scorer };
    let (x, y) = (records.place(left), records.place(right));
    let pattern = comparisons.pattern(x, y);
    let weight = scorer.weight_of(x, pattern);
    let id = |place: u32| inputs.id(records.order[place as usize]).to_owned();
    let weigh = |x: u32, y: u32| bounded(scorer.weight(x, y));
    Ok(Explanation {
        a: a.to_owned(),
        b: b.to_owned(),
        prior: scorer.prior(),
        parts: view.parts((x, y), pattern),
        weight,
        probability: probability(f64::from(weight)),
        given_by_blocking: found.blocking.gives(x.min(y), x.max(y)),
        same_cluster: found.groups[x as usize] == found.groups[y as usize],
        threshold: found.threshold,
        grouped: grouped(&found, (x, y), found.threshold, &weigh, &id),
    })
}

/// The merges of the groups of two records, down to one group.
fn grouped(
    found: &Found,
    (x, y): (u32, u32),
    threshold: f32,
    weigh: &dyn Fn(u32, u32) -> f32,
    id: &dyn Fn(u32) -> String,
) -> Vec<Grouped> {
    let of = |place: u32| found.groups[place as usize];
    let is_member = |group: u32| group == of(x) || group == of(y);
    let members: Vec<u32> =
        (0_u32..).zip(&found.groups).filter(|(_, group)| is_member(**group)).map(|(place, _)| place).collect();
    if members.len() > LARGEST_COMPONENT {
        return Vec::new();
    }
    let mut weights = Vec::new();
    for (at, a) in members.iter().enumerate() {
        weights.extend(members[at + 1..].iter().map(|b| weigh(*a, *b)));
    }
    let mut groups: Vec<Vec<usize>> = (0..members.len()).map(|at| vec![at]).collect();
    let mut steps = Vec::new();
    for merge in average_linkage(members.len(), weights) {
        let place =
            |groups: &[Vec<usize>], member: usize| groups.iter().position(|group| group.contains(&member)).unwrap_or(0);
        let right = groups.remove(place(&groups, merge.b));
        let left = place(&groups, merge.a);
        let ids = |group: &[usize]| group.iter().map(|at| id(members[*at])).collect();
        steps.push(Grouped {
            left: ids(&groups[left]),
            right: ids(&right),
            weight: merge.weight,
            merged: merge.weight >= threshold && of(members[merge.a]) == of(members[merge.b]),
        });
        groups[left].extend(right);
    }
    steps
}
