//! `dedupe`: which records of one file are the same thing.

use std::path::{Path, PathBuf};

use hashbrown::{HashMap, HashSet};
use resolution_engine::{cluster::names_kept, column::NULL};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Records, ResolutionError,
    inputs::{Input, Inputs, check_ids, column, known_model},
    model::Model,
    output::{field, write_whole},
    resolve::{Found, resolve},
    table::Table,
    watch::Watch,
};

/// What is asked.
#[derive(Debug, Clone)]
pub struct DedupeRequest {
    /// The file.
    pub input: Input,
    /// `auto`, a shipped model, or the path of a document.
    pub model: String,
    /// Columns that are not evidence, beside the id.
    pub ignore: Vec<String>,
    /// Clusters of an earlier run, whose names are kept where a cluster lives on.
    pub previous: Option<PathBuf>,
}

/// Records and their clusters.
#[derive(Debug)]
pub struct Clusters {
    /// Ids of the records, in the order of the file.
    pub ids: Vec<String>,
    /// For each record the name of its cluster: the smallest id in it, or what an earlier run called it.
    pub names: Vec<String>,
    /// The model with all that was learnt.
    pub model: Model,
    /// Counts.
    pub summary: DedupeSummary,
}

/// Counts of a run.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct DedupeSummary {
    /// Records.
    pub records: u64,
    /// Lines that could not be split into columns and are in no cluster.
    pub malformed: u64,
    /// Clusters, those of one record counted.
    pub clusters: u64,
    /// Clusters of more than one record.
    pub duplicated: u64,
    /// Records of the largest cluster.
    pub largest: u64,
    /// Pairs that were compared.
    pub compared: u64,
    /// Share of the pairs inside clusters that no blocking rule gave.
    pub missed: f64,
    /// Components that were too large and were cut first.
    pub giants: u64,
    /// Columns that were compared.
    pub columns: Vec<String>,
}

/// Groups the records of a file.
///
/// # Errors
/// Where a file cannot be read or used, or somebody asked to stop. Nothing is written.
pub fn dedupe(request: &DedupeRequest, watch: &Watch<'_>) -> Result<Clusters, ResolutionError> {
    let inputs = Inputs::read(std::slice::from_ref(&request.input), &request.ignore, watch)?;
    let previous = request.previous.as_ref().map(|path| read_clusters(path, watch)).transpose()?;
    group_inputs(&inputs, &request.model, previous.as_ref(), watch)
}

/// What is asked of records that are in memory already.
#[derive(Debug, Clone)]
pub struct TableRequest {
    /// The column of ids.
    pub id: String,
    /// `auto`, a shipped model, or the path of a document.
    pub model: String,
    /// Columns that are not evidence, beside the id.
    pub ignore: Vec<String>,
    /// Ids and names of their clusters in an earlier run; empty where there was none.
    pub previous: HashMap<String, String>,
}

/// As [`dedupe`], of records that are in memory already.
///
/// # Errors
/// As [`dedupe`].
pub fn dedupe_table(table: Table, request: &TableRequest, watch: &Watch<'_>) -> Result<Clusters, ResolutionError> {
    let inputs = Inputs::of(table, &request.id, &request.ignore, watch)?;
    group_inputs(&inputs, &request.model, Some(&request.previous), watch)
}

/// What a model of this name is made of: two runs with the same records and the same text group them alike. Checks it on
/// the way.
///
/// # Errors
/// Where there is no such model, or its document is wrong.
pub fn identity_of_model(name: &str) -> Result<String, ResolutionError> {
    Ok(known_model(name)?.map_or_else(|| name.to_owned(), |model| model.to_yaml()))
}

fn group_inputs(
    inputs: &Inputs,
    model: &str,
    previous: Option<&HashMap<String, String>>,
    watch: &Watch<'_>,
) -> Result<Clusters, ResolutionError> {
    let records = Records::of(&inputs.model(model)?, &inputs.tables)?;
    let found = resolve(&records, watch)?;
    let groups = in_file_order(&records, &found.groups);
    let names = names(inputs, &groups, previous);
    let ids = (0..records.rows()).map(|record| inputs.id(record).to_owned()).collect();
    let summary = summarise(inputs, &records, &found, &groups);
    let mut model = found.model;
    if let Some(training) = &mut model.trained
        && training.files.is_empty()
    {
        training.files = file_names(&inputs.tables);
    }
    Ok(Clusters { ids, names, model, summary })
}

pub(crate) fn file_names(tables: &[Table]) -> Vec<String> {
    tables.iter().filter_map(|table| Some(table.path.file_name()?.to_string_lossy().into_owned())).collect()
}

/// For each record of the file a record of its group.
pub(crate) fn in_file_order(records: &Records, groups: &[u32]) -> Vec<u32> {
    let mut by_record = vec![0; groups.len()];
    for (record, group) in records.order.iter().zip(groups) {
        by_record[*record as usize] = records.order[*group as usize];
    }
    by_record
}

fn summarise(inputs: &Inputs, records: &Records, found: &Found, groups: &[u32]) -> DedupeSummary {
    let mut sizes: HashMap<u32, u64> = HashMap::new();
    for group in groups {
        *sizes.entry(*group).or_default() += 1;
    }
    DedupeSummary {
        records: u64::from(records.rows()),
        malformed: inputs.malformed(),
        clusters: sizes.len() as u64,
        duplicated: sizes.values().filter(|size| **size > 1).count() as u64,
        largest: sizes.values().copied().max().unwrap_or(0),
        compared: found.compared,
        missed: found.missed,
        giants: found.guarded.giants,
        columns: records.names.clone(),
    }
}

/// Names of the clusters, record by record.
fn names(inputs: &Inputs, groups: &[u32], previous: Option<&HashMap<String, String>>) -> Vec<String> {
    let smallest = smallest_ids(inputs, groups);
    let mut named: HashMap<u32, String> =
        previous.map_or_else(HashMap::new, |previous| kept_names(inputs, groups, &smallest, previous));
    let mut taken: HashSet<String> = named.values().cloned().collect();
    let mut unnamed: Vec<(&str, u32)> =
        smallest.iter().filter(|(group, _)| !named.contains_key(*group)).map(|(group, id)| (*id, *group)).collect();
    unnamed.sort_unstable();
    for (id, group) in unnamed {
        // The id may name an older cluster that lives on elsewhere.
        let mut name = id.to_owned();
        while !taken.insert(name.clone()) {
            name.push_str(" again");
        }
        named.insert(group, name);
    }
    groups.iter().map(|group| named.get(group).cloned().unwrap_or_default()).collect()
}

/// The smallest id of each group.
fn smallest_ids<'a>(inputs: &'a Inputs, groups: &[u32]) -> HashMap<u32, &'a str> {
    let mut smallest: HashMap<u32, &str> = HashMap::new();
    for (record, group) in (0_u32..).zip(groups) {
        let id = inputs.id(record);
        smallest.entry(*group).and_modify(|known| *known = (*known).min(id)).or_insert(id);
    }
    smallest
}

/// The names that live on. Which of two equal claims wins depends on their ids, not on the order of the records.
fn kept_names(
    inputs: &Inputs,
    groups: &[u32],
    smallest: &HashMap<u32, &str>,
    previous: &HashMap<String, String>,
) -> HashMap<u32, String> {
    let mut known: Vec<&String> = previous.values().collect();
    known.sort_unstable();
    known.dedup();
    let number = |name: &String| known.binary_search(&name).ok().and_then(|at| u32::try_from(at).ok());
    let before: Vec<Option<u32>> =
        (0_u32..).zip(groups).map(|(record, _)| previous.get(inputs.id(record)).and_then(number)).collect();
    let mut ranked: Vec<(&str, u32)> = smallest.iter().map(|(group, id)| (*id, *group)).collect();
    ranked.sort_unstable();
    let rank: HashMap<u32, u32> = ranked.iter().zip(0..).map(|((_, group), rank)| (*group, rank)).collect();
    let after: Vec<u32> = groups.iter().map(|group| rank[group]).collect();
    let kept = names_kept(&before, &after).into_iter();
    kept.map(|(rank, name)| (ranked[rank as usize].1, known[name as usize].clone())).collect()
}

/// Ids and the names of their clusters, as [`Clusters::write`] writes them. An id that stands there twice is refused: which of
/// two names it has must not depend on the order of the lines. A record without a cluster is left out.
pub(crate) fn read_clusters(path: &Path, watch: &Watch<'_>) -> Result<HashMap<String, String>, ResolutionError> {
    let table = Table::read(path, watch.cancel())?;
    let (id, cluster) = (column(&table, "id")?, column(&table, "cluster_id")?);
    check_ids(&table, id)?;
    let text = |place: usize, row: usize| table.columns[place].values.text(table.columns[place].ids[row]).to_owned();
    let has_cluster = |row: &usize| table.columns[cluster].ids[*row] != NULL;
    Ok((0..table.rows()).filter(has_cluster).map(|row| (text(id, row), text(cluster, row))).collect())
}

impl Clusters {
    /// Writes `id,cluster_id`, a line a record, in the order of the file.
    ///
    /// # Errors
    /// Where the file cannot be written; then there is none.
    pub fn write(&self, path: &Path) -> Result<(), ResolutionError> {
        write_whole(path, |out| {
            writeln!(out, "id,cluster_id")?;
            self.ids.iter().zip(&self.names).try_for_each(|(id, name)| writeln!(out, "{},{}", field(id), field(name)))
        })
    }
}
