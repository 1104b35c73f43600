//! Pairs that are worth a look: the doubtful ones on either side first.

use resolution_engine::{score::Edge, train::probability};

use super::Example;
use crate::{Records, inputs::Inputs, parts::View, resolve::Found};

/// Doubtful pairs on either side.
const DOUBTFUL: usize = 4;

pub(super) fn examples(view: &View<'_>, inputs: &Inputs, records: &Records, found: &Found) -> Vec<Example> {
    let is_inside = |edge: &Edge| found.groups[edge.a as usize] == found.groups[edge.b as usize];
    let (mut inside, mut apart): (Vec<Edge>, Vec<Edge>) = found.edges.iter().copied().partition(is_inside);
    // The order of records is one of what they hold, so that the same file shows the same pairs.
    inside.sort_unstable_by(|x, y| x.weight.total_cmp(&y.weight).then((x.a, x.b).cmp(&(y.a, y.b))));
    apart.sort_unstable_by(|x, y| y.weight.total_cmp(&x.weight).then((x.a, x.b).cmp(&(y.a, y.b))));
    let id = |place: u32| inputs.id(records.order[place as usize]).to_owned();
    let example = |why: &'static str, edge: &Edge| {
        let pattern = view.comparisons.pattern(edge.a, edge.b);
        Example {
            why,
            a: id(edge.a),
            b: id(edge.b),
            prior: view.scorer.prior(),
            weight: edge.weight,
            probability: probability(f64::from(edge.weight)),
            same_cluster: is_inside(edge),
            parts: view.parts((edge.a, edge.b), pattern),
        }
    };
    let mut shown: Vec<Example> = Vec::new();
    shown.extend(
        inside.iter().take(DOUBTFUL).map(|edge| example("in one cluster, and among the most doubtful there", edge)),
    );
    shown.extend(apart.iter().take(DOUBTFUL).map(|edge| example("apart, and among the most alike of those", edge)));
    if inside.len() > DOUBTFUL {
        shown.push(example("in one cluster, and usual there", &inside[inside.len() / 2]));
    }
    if inside.len() > DOUBTFUL + 1 {
        shown.push(example("in one cluster, and the surest", &inside[inside.len() - 1]));
    }
    shown
}
