//! `evaluate`: how good groups or links are beside the truth, which the model never sees.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use hashbrown::{HashMap, HashSet};
use resolution_engine::measure::{Measured, Quality, measure};
use serde::Serialize;

use crate::{
    Records, ResolutionError, Table,
    dedupe::DedupeRequest,
    inputs::{Inputs, Origin, column},
    link::link,
    linking::LinkRequest,
    resolve::resolve_at,
    watch::{Step, Watch},
};

/// Thresholds that are tried for the best, in bits.
const THRESHOLDS: std::ops::RangeInclusive<i8> = -8..=8;

/// Where the truth stands.
#[derive(Debug, Clone)]
pub enum Truth {
    /// A column of the file: records with the same value are the same thing.
    Column(String),
    /// A file: of groups, an id and the thing it is; of links, an id of either file.
    File(PathBuf),
    /// The same, in memory already.
    Memory(Arc<Table>),
}

/// A quality and the threshold that gives it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct At {
    /// In bits.
    pub threshold: f32,
    /// What it gives.
    #[serde(flatten)]
    pub measured: Measured,
}

/// How good the groups of one file are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Records whose truth is known.
    pub records: u64,
    /// Pairs that are the same thing.
    pub true_pairs: u64,
    /// Clusters that these records are in.
    pub clusters: u64,
    /// At the model's own threshold.
    pub default: At,
    /// At the threshold with the best pairwise F1.
    pub best: At,
    /// Share of the true pairs that blocking gives.
    pub blocking_recall: f64,
    /// Pairs that were compared.
    pub compared: u64,
}

/// How good the links of two files are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkEvaluation {
    /// Links that there are.
    pub true_links: u64,
    /// Links that were accepted.
    pub links: u64,
    /// At the model's own threshold.
    pub default: AtLinks,
    /// At the threshold with the best F1.
    pub best: AtLinks,
    /// Share of the true links that were weighed at all.
    pub blocking_recall: f64,
    /// Pairs that were weighed.
    pub compared: u64,
}

/// Quality of links from a threshold on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtLinks {
    /// In bits.
    pub threshold: f32,
    /// Over links.
    pub pairwise: Quality,
}

/// Groups the records of a file and compares the groups with the truth.
///
/// # Errors
/// As [`crate::dedupe`], and where the truth cannot be read.
pub fn evaluate(request: &DedupeRequest, truth: &Truth, watch: &Watch<'_>) -> Result<Evaluation, ResolutionError> {
    let beside = with_truth_hidden(&request.ignore, Some(truth));
    let inputs = Inputs::read(std::slice::from_ref(&request.input), &beside, watch)?;
    let records = Records::of(&inputs.model(&request.model)?, &inputs.tables)?;
    let places = places_of_truth(&inputs, &records, truth, watch)?;
    let thresholds: Vec<f32> = THRESHOLDS.map(f32::from).collect();
    let found = resolve_at(&records, &thresholds, watch)?;
    let of = |groups: &[u32]| {
        let (found, truth): (Vec<u32>, Vec<u32>) = places.iter().map(|(place, thing)| (groups[*place], *thing)).unzip();
        measure(&found, &truth)
    };
    let default = At { threshold: found.threshold, measured: of(&found.groups) };
    let tried = found.at.iter().map(|tried| At { threshold: tried.threshold, measured: of(&tried.groups) });
    let best =
        tried.fold(default, |best, at| if at.measured.pairwise.f1 > best.measured.pairwise.f1 { at } else { best });
    let clusters: HashSet<u32> = places.iter().map(|(place, _)| found.groups[*place]).collect();
    let clusters = clusters.len() as u64;
    let mut by_thing: HashMap<u32, Vec<u32>> = HashMap::new();
    for (place, thing) in &places {
        by_thing.entry(*thing).or_default().push(u32::try_from(*place).unwrap_or(u32::MAX));
    }
    let (mut true_pairs, mut given) = (0, 0);
    for members in by_thing.values() {
        for (at, a) in members.iter().enumerate() {
            true_pairs += (members.len() - at - 1) as u64;
            given += members[at + 1..].iter().filter(|b| found.blocking.gives(*a, **b)).count() as u64;
        }
    }
    let blocking_recall = share(given, true_pairs);
    Ok(Evaluation {
        records: places.len() as u64,
        true_pairs,
        clusters,
        default,
        best,
        blocking_recall,
        compared: found.compared,
    })
}

/// Columns that are not evidence: those that were named, and that of the truth.
pub(crate) fn with_truth_hidden(ignore: &[String], truth: Option<&Truth>) -> Vec<String> {
    let mut beside = ignore.to_vec();
    if let Some(Truth::Column(name)) = truth {
        beside.push(name.clone());
    }
    beside
}

/// Places of the records whose truth is known, and the thing that each is.
pub(crate) fn places_of_truth(
    inputs: &Inputs,
    records: &Records,
    truth: &Truth,
    watch: &Watch<'_>,
) -> Result<Vec<(usize, u32)>, ResolutionError> {
    let known = things(inputs, truth, watch)?;
    let place = |(place, record): (usize, &u32)| Some((place, known[*record as usize]?));
    Ok(records.order.iter().enumerate().filter_map(place).collect())
}

#[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// For each record the thing it is, as a number; `None` where the truth says nothing.
fn things(inputs: &Inputs, truth: &Truth, watch: &Watch<'_>) -> Result<Vec<Option<u32>>, ResolutionError> {
    match truth {
        Truth::Column(name) => {
            let table = &inputs.tables[0];
            let column = &table.columns[column(table, name)?];
            Ok(column.ids.iter().map(|id| (*id != 0).then_some(*id)).collect())
        }
        Truth::File(_) | Truth::Memory(_) => {
            let table = two_columns(truth, watch)?;
            let by_id = inputs.by_id(0);
            let mut things = vec![None; inputs.rows()];
            let (ids, of) = (&table.columns[0], &table.columns[1]);
            let mut known = 0;
            for row in 0..table.rows() {
                // A thing without a name is not known.
                if let Some(record) = by_id.get(ids.values.text(ids.ids[row])).filter(|_| of.ids[row] != 0) {
                    things[*record as usize] = Some(of.ids[row]);
                    known += 1;
                }
            }
            match known {
                0 => Err(ResolutionError::BadTruth {
                    file: table.path.clone(),
                    why: "none of its ids is in the file".to_owned(),
                }),
                _ => Ok(things),
            }
        }
    }
}

/// Compares clusters, by the ids of their records, with the truth in a file: an id and the thing it is. Records of which only
/// one of the two knows are left out.
///
/// # Errors
/// Where the truth cannot be read or knows none of the records.
pub fn measure_clusters(
    clusters: &BTreeMap<String, String>,
    truth: &Path,
    watch: &Watch<'_>,
) -> Result<Measured, ResolutionError> {
    let table = two_columns(&Truth::File(truth.to_owned()), watch)?;
    let (ids, of) = (&table.columns[0], &table.columns[1]);
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut number = |name| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(name).or_insert(next)
    };
    let known = (0..table.rows()).filter(|row| of.ids[*row] != 0);
    let both = known.filter_map(|row| Some((number(clusters.get(ids.values.text(ids.ids[row]))?), of.ids[row])));
    let (found, things): (Vec<u32>, Vec<u32>) = both.unzip();
    if found.is_empty() {
        return Err(ResolutionError::BadTruth {
            file: truth.to_owned(),
            why: "none of its ids is in a cluster".to_owned(),
        });
    }
    Ok(measure(&found, &things))
}

fn two_columns(truth: &Truth, watch: &Watch<'_>) -> Result<Table, ResolutionError> {
    let from = match truth {
        Truth::Column(name) => {
            let why = "it is a column of one table, and pairs are needed".to_owned();
            return Err(ResolutionError::BadTruth { file: PathBuf::from(name), why });
        }
        Truth::File(path) => Origin::File(path.clone()),
        Truth::Memory(table) => Origin::Memory(Arc::clone(table)),
    };
    let table = from.read(watch)?;
    if table.columns.len() < 2 {
        let why = "it needs two columns: an id and the thing it is, or an id of either file".to_owned();
        return Err(ResolutionError::BadTruth { file: table.path, why });
    }
    Ok(table)
}

/// Links the records of two files and compares the links with the true ones.
///
/// # Errors
/// As [`crate::link_files`], and where the truth cannot be read.
pub fn evaluate_links(
    request: &LinkRequest,
    truth: &Truth,
    watch: &Watch<'_>,
) -> Result<LinkEvaluation, ResolutionError> {
    let inputs = Inputs::read(&[request.left.clone(), request.right.clone()], &request.ignore, watch)?;
    let table = two_columns(truth, watch)?;
    let (left, right) = (inputs.by_id(0), inputs.by_id(1));
    let text = |column: usize, row: usize| table.columns[column].values.text(table.columns[column].ids[row]);
    let known = |row| Some((*left.get(text(0, row))?, *right.get(text(1, row))?));
    let links: HashSet<(u32, u32)> = (0..table.rows()).filter_map(known).collect();
    if links.is_empty() {
        let why = "none of its pairs names a record of either file; its first column is to hold ids of the first file, its second of the second".to_owned();
        return Err(ResolutionError::BadTruth { file: table.path, why });
    }
    let records = Records::of(&inputs.model(&request.model)?, &inputs.tables)?;
    let found = link(&records, request.partners, watch)?;
    watch.enter(Step::Measuring)?;
    let is_true = |edge: &resolution_engine::score::Edge| {
        links.contains(&(records.order[edge.a as usize], records.order[edge.b as usize]))
    };
    let mut place = vec![0; records.order.len()];
    for (at, record) in (0_u32..).zip(&records.order) {
        place[*record as usize] = at;
    }
    let is_seen = |pair: &&(u32, u32)| found.looks_at(place[pair.0 as usize], place[pair.1 as usize]);
    let looked_at = links.iter().filter(is_seen).count() as u64;
    let mut right_so_far = 0;
    let mut best = AtLinks { threshold: found.least, pairwise: Quality::default() };
    let mut default = best;
    let accepted = found.accepted().len();
    for (taken, edge) in (1_u64..).zip(&found.ranked) {
        right_so_far += u64::from(is_true(edge));
        let at =
            AtLinks { threshold: edge.weight, pairwise: Quality::of_counts(right_so_far, taken, links.len() as u64) };
        if at.pairwise.f1 > best.pairwise.f1 {
            best = at;
        }
        if taken == accepted as u64 {
            default.pairwise = at.pairwise;
        }
    }
    Ok(LinkEvaluation {
        true_links: links.len() as u64,
        links: accepted as u64,
        default,
        best,
        blocking_recall: share(looked_at, links.len() as u64),
        compared: found.compared,
    })
}
