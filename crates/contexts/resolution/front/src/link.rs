//! Links between two sets.

use hashbrown::HashMap;
use resolution_engine::{
    block::{Blocking, Sides},
    cluster::best_links,
    column::{Column, ColumnBuilder},
    compare::{Comparisons, Ladder},
    score::{Edge, Scorer},
    text::{Unit, Vectors, View, nearest},
    train::{self, Candidate, Matching, Parameters, match_one_to_one},
};

use crate::{
    ResolutionError,
    learn::{Hold, learn},
    model::{Compiled, Model, compile},
    records::Records,
    resolve::resolve,
    standard::Kind,
    watch::{Step, Watch},
    weighing::Weighing,
};

/// Nearest candidates of a record: by texts, and by comparisons where there are none.
const NEAREST_TEXTS: usize = 5;
const NEAREST: usize = 10;
/// Links that weigh less, in bits, are not accepted: pairs on their own merits.
const LEAST_LINK: f32 = 0.0;
/// Where candidates compete, of pairs without texts.
const LEAST_MATCHED: f32 = 1.0;
/// And of pairs with texts: a posterior among look-alikes is cautious, being the best of both records says the rest.
const LEAST_MATCHED_TEXTS: f32 = -4.0;
/// Random pairs from which u is drawn before candidates teach it.
const RANDOM_PAIRS: u64 = 300_000;

/// Whether a record may have several partners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partners {
    /// As many as are likely enough.
    Several,
    /// At most one: neither set holds anything twice.
    One,
}

/// Candidates for links between two sets.
#[derive(Debug)]
pub struct Links {
    /// What may be accepted, the heaviest first; with [`Partners::One`] no record twice. Named by places.
    pub ranked: Vec<Edge>,
    /// The weight in bits from which they are accepted.
    pub least: f32,
    /// Pairs that were compared.
    pub compared: u64,
    /// How they were weighed.
    pub(crate) how: How,
}

/// How pairs of two sets were weighed.
#[derive(Debug)]
pub(crate) enum How {
    /// Each on its own merits.
    Alone { blocking: Box<Blocking>, model: Box<Model>, weighing: Box<Weighing> },
    /// Beside the other candidates of both records.
    Competing(Box<Competing>),
}

/// Candidates that competed, and what was learnt from them.
#[derive(Debug)]
pub(crate) struct Competing {
    /// The comparisons that were made.
    pub(crate) ladders: Vec<Ladder>,
    /// Comparisons for which the contrast of texts stands.
    pub(crate) texts: Vec<usize>,
    /// What was learnt.
    pub(crate) matching: Matching,
    /// The place of each candidate in what was learnt.
    pub(crate) places: HashMap<(u32, u32), usize>,
}

impl Links {
    /// Whether a pair, the record of the first set first, was compared at all.
    pub fn looks_at(&self, a: u32, b: u32) -> bool {
        match &self.how {
            How::Alone { blocking, .. } => blocking.gives(a, b),
            How::Competing(competing) => competing.places.contains_key(&(a, b)),
        }
    }

    /// The accepted links.
    pub fn accepted(&self) -> &[Edge] {
        &self.ranked[..self.ranked.partition_point(|edge| edge.weight >= self.least)]
    }
}

/// Weighs links between the two sets of these records.
///
/// # Errors
/// As [`resolve`].
pub fn link(records: &Records, partners: Partners, watch: &Watch<'_>) -> Result<Links, ResolutionError> {
    let Sides::Between(first) = records.sides else { return Err(records.nothing("a link needs two files")) };
    match partners {
        Partners::Several => {
            let found = resolve(records, watch)?;
            let mut ranked = found.edges;
            ranked.sort_unstable_by(|x, y| y.weight.total_cmp(&x.weight).then((x.a, x.b).cmp(&(y.a, y.b))));
            let how = How::Alone {
                blocking: Box::new(found.blocking),
                model: Box::new(found.model),
                weighing: Box::new(found.weighing),
            };
            Ok(Links { ranked, least: LEAST_LINK, compared: found.compared, how })
        }
        Partners::One => {
            let (competing, least) = compete(records, first, watch)?;
            let weighed = competing.matching.edges.clone();
            let compared = weighed.len() as u64;
            Ok(Links { ranked: best_links(weighed), least, compared, how: How::Competing(Box::new(competing)) })
        }
    }
}

fn is_text(kind: Kind) -> bool {
    matches!(kind, Kind::Title | Kind::Text)
}

/// Candidates weighed beside each other, and the weight from which a link is accepted.
fn compete(records: &Records, first: u32, watch: &Watch<'_>) -> Result<(Competing, f32), ResolutionError> {
    let names: Vec<&str> = records.names.iter().map(String::as_str).collect();
    let Compiled { ladders, rules, parameters, .. } = compile(&records.model, &names);
    if ladders.is_empty() {
        return Err(records.nothing("the model compares none of its columns"));
    }
    let comparisons = Comparisons::prepare(&ladders, &records.columns);
    let texts: Vec<usize> = (0..ladders.len()).filter(|at| is_text(records.kinds[ladders[*at].column])).collect();
    let sizes = (first as usize, (records.rows() - first) as usize);
    watch.enter(Step::Learning)?;
    if texts.is_empty() {
        let learnt = learn(records, &comparisons, &ladders, (rules, parameters), (Hold::Every, watch))?;
        let pairs = learnt.held.iter().flatten().copied();
        let candidates = nearest_by_weight(records, &comparisons, &ladders, &learnt.parameters, pairs);
        let matching = match_one_to_one(&learnt.parameters, &candidates, &[], sizes, NEAREST);
        return Ok((Competing::of(ladders, texts, matching), LEAST_MATCHED));
    }
    let start = parameters.unwrap_or_else(|| {
        let u = train::random_levels(&comparisons, records.sides, records.rows(), RANDOM_PAIRS);
        Parameters::start(&ladders, u, 1.0 / f64::from(records.rows()))
    });
    let is_title = |at: &&usize| records.kinds[ladders[**at].column] == Kind::Title;
    let title = texts.iter().find(is_title).unwrap_or(&texts[0]);
    let title = &records.columns[ladders[*title].column];
    let everything = everything(records);
    let words = Vectors::of(title.values.texts(), Unit::Word);
    let trigrams = Vectors::of(title.values.texts(), Unit::Trigram);
    let all = Vectors::of(everything.values.texts(), Unit::Trigram);
    let views = [
        View { column: title, vectors: &words },
        View { column: title, vectors: &trigrams },
        View { column: &everything, vectors: &all },
    ];
    let candidate = |near: resolution_engine::text::Near| Candidate {
        a: near.a,
        b: near.b,
        pattern: comparisons.pattern(near.a, near.b),
        similarity: Some(near.similarity),
    };
    let candidates: Vec<Candidate> = nearest(&views, first, NEAREST_TEXTS).into_iter().map(candidate).collect();
    watch.enter(Step::Grouping)?;
    let matching = match_one_to_one(&start, &candidates, &texts, sizes, NEAREST_TEXTS);
    Ok((Competing::of(ladders, texts, matching), LEAST_MATCHED_TEXTS))
}

impl Competing {
    fn of(ladders: Vec<Ladder>, texts: Vec<usize>, matching: Matching) -> Self {
        let places = matching.edges.iter().enumerate().map(|(place, edge)| ((edge.a, edge.b), place)).collect();
        Self { ladders, texts, matching, places }
    }
}

/// All words of a record: what one file says in its title another says in its description.
fn everything(records: &Records) -> Column {
    let wordy: Vec<&Column> = records
        .columns
        .iter()
        .zip(&records.kinds)
        .filter(|(_, kind)| {
            is_text(**kind) || matches!(kind, Kind::Label | Kind::FullName | Kind::CompanyName | Kind::Category)
        })
        .map(|(column, _)| column)
        .collect();
    let mut builder = ColumnBuilder::default();
    for row in 0..records.order.len() {
        let texts: Vec<&str> =
            wordy.iter().map(|column| column.values.text(column.ids[row])).filter(|text| !text.is_empty()).collect();
        builder.push(&texts.join(" "));
    }
    builder.finish()
}

/// The pairs that are among the heaviest of either record.
fn nearest_by_weight(
    records: &Records,
    comparisons: &Comparisons<'_>,
    ladders: &[Ladder],
    parameters: &Parameters,
    pairs: impl Iterator<Item = crate::learn::Pair>,
) -> Vec<Candidate> {
    let scorer = Scorer::new(comparisons, ladders, parameters, &|_, _| 1.0);
    let weight = |pattern| {
        (0..comparisons.len())
            .map(|at| scorer.level_weight(at, resolution_engine::compare::Pattern::level(pattern, at)))
            .sum()
    };
    let mut weighed: Vec<(f32, crate::learn::Pair)> = pairs.map(|pair| (weight(pair.2), pair)).collect();
    weighed.sort_unstable_by(|x, y| y.0.total_cmp(&x.0).then((x.1.0, x.1.1).cmp(&(y.1.0, y.1.1))));
    let mut has = vec![0; records.order.len()];
    weighed
        .into_iter()
        .filter_map(|(_, (a, b, pattern))| {
            let wanted = has[a as usize] < NEAREST || has[b as usize] < NEAREST;
            has[a as usize] += 1;
            has[b as usize] += 1;
            wanted.then_some(Candidate { a, b, pattern, similarity: None })
        })
        .collect()
}
