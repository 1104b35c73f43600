//! `explain` of two files: why two records are linked, or are not.

use resolution_engine::{
    compare::{Comparisons, Pattern},
    train::probability,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Records, ResolutionError,
    inputs::Inputs,
    link::{Competing, How, Links, link},
    linking::LinkRequest,
    model::{Compiled, compile},
    parts::{Part, View, unweighed},
    watch::Watch,
};

/// Other candidates of either record that are shown.
const OTHERS: usize = 3;

/// A pair of records of two files.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize)]
pub struct LinkExplanation {
    /// Id in the first file.
    pub a: String,
    /// Id in the second file.
    pub b: String,
    /// Where the sum starts, in bits.
    pub prior: f32,
    /// What each comparison adds; where candidates compete, what their texts and the other candidates add as well.
    pub parts: Vec<Part>,
    /// The sum in bits.
    pub weight: f32,
    /// Probability of a match.
    pub probability: f64,
    /// Whether the pair was weighed at all in the run: given by a blocking rule, or among the nearest of either record.
    pub weighed: bool,
    /// Whether the link was accepted.
    pub linked: bool,
    /// The weight in bits from which links are accepted.
    pub least: f32,
    /// The heaviest other candidates of the two records.
    pub others: Vec<Partner>,
}

/// Another candidate of one of the two.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize)]
pub struct Partner {
    /// Id in the first file.
    pub a: String,
    /// Id in the second file.
    pub b: String,
    /// Its weight in bits.
    pub weight: f32,
    /// Whether that link was accepted.
    pub linked: bool,
}

/// Explains a pair of records of two files.
///
/// # Errors
/// As [`crate::link_files`], and where an id is not in its file.
pub fn explain_link(
    request: &LinkRequest,
    (a, b): (&str, &str),
    watch: &Watch<'_>,
) -> Result<LinkExplanation, ResolutionError> {
    let inputs = Inputs::read(&[request.left.clone(), request.right.clone()], &request.ignore, watch)?;
    let (left, right) = (inputs.record(0, a)?, inputs.record(1, b)?);
    let records = Records::of(&inputs.model(&request.model)?, &inputs.tables)?;
    let links = link(&records, request.partners, watch)?;
    let pair = (records.place(left), records.place(right));
    let Weighed { prior, parts, weight } = match &links.how {
        How::Alone { model, weighing, .. } => {
            let names: Vec<&str> = records.names.iter().map(String::as_str).collect();
            let Compiled { ladders, .. } = compile(model, &names);
            let comparisons = Comparisons::prepare(&ladders, &records.columns);
            let scorer = weighing.scorer(&comparisons, &ladders);
            let view = View { names: &names, comparisons: &comparisons, ladders: &ladders, scorer: &scorer };
            let pattern = comparisons.pattern(pair.0, pair.1);
            Weighed {
                prior: scorer.prior(),
                parts: view.parts(pair, pattern),
                weight: scorer.weight_of(pair.0, pattern),
            }
        }
        How::Competing(competing) => beside_others(competing, &records, pair),
    };
    let is_linked = |x: u32, y: u32| links.accepted().iter().any(|edge| (edge.a, edge.b) == (x, y));
    Ok(LinkExplanation {
        a: a.to_owned(),
        b: b.to_owned(),
        prior,
        parts,
        weight,
        probability: probability(f64::from(weight)),
        weighed: links.looks_at(pair.0, pair.1),
        linked: is_linked(pair.0, pair.1),
        least: links.least,
        others: others(&links, pair, &|place| inputs.id(records.order[place as usize]).to_owned(), &is_linked),
    })
}

struct Weighed {
    prior: f32,
    parts: Vec<Part>,
    weight: f32,
}

/// A pair that competes with others: what it says itself, and what the others take from it.
#[expect(clippy::cast_possible_truncation, reason = "bits")]
fn beside_others(competing: &Competing, records: &Records, pair: (u32, u32)) -> Weighed {
    let names: Vec<&str> = records.names.iter().map(String::as_str).collect();
    let Competing { ladders, texts, matching, places } = competing;
    let comparisons = Comparisons::prepare(ladders, &records.columns);
    let pattern: Pattern = comparisons.pattern(pair.0, pair.1);
    let part = |at: usize| {
        let level = pattern.level(at);
        let weight = if texts.contains(&at) { 0.0 } else { matching.parameters.weight(at, level) as f32 };
        Part { weight, ..unweighed(&comparisons, &names, pair, (at, level)) }
    };
    let mut parts: Vec<Part> = (0..comparisons.len()).map(part).collect();
    let prior = matching.prior as f32;
    let told = |column: &str, agreement: String, weight: f32| Part {
        column: column.to_owned(),
        left: String::new(),
        right: String::new(),
        agreement,
        weight,
        rarity: 0.0,
    };
    let place = places.get(&pair).copied();
    if let Some(level) = place.and_then(|place| matching.contrasts.get(place)) {
        let (m, u) = matching.contrast[usize::from(*level)];
        let agreement = "how near, beside what either is near to elsewhere".to_owned();
        parts.push(told("all texts", agreement, (m / u).log2() as f32));
    }
    let own = prior + parts.iter().map(|part| part.weight).sum::<f32>();
    let weight = place.map_or(own, |place| matching.edges[place].weight);
    if place.is_some() {
        parts.push(told("other candidates", "of either record, which this one must outweigh".to_owned(), weight - own));
    }
    Weighed { prior, parts, weight }
}

/// The heaviest other candidates of the two records.
fn others(
    links: &Links,
    (x, y): (u32, u32),
    id: &dyn Fn(u32) -> String,
    is_linked: &dyn Fn(u32, u32) -> bool,
) -> Vec<Partner> {
    let edges = match &links.how {
        How::Alone { .. } => &links.ranked,
        How::Competing(competing) => &competing.matching.edges,
    };
    let mut found: Vec<_> = edges.iter().filter(|edge| (edge.a == x) != (edge.b == y)).collect();
    found.sort_unstable_by(|p, q| q.weight.total_cmp(&p.weight).then((p.a, p.b).cmp(&(q.a, q.b))));
    let partner = |edge: &&resolution_engine::score::Edge| Partner {
        a: id(edge.a),
        b: id(edge.b),
        weight: edge.weight,
        linked: is_linked(edge.a, edge.b),
    };
    found.iter().take(OTHERS).map(partner).collect()
}
