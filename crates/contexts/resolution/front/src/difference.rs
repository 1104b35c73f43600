//! `diff`: what changed between the clusters of two runs.

use std::path::Path;

use hashbrown::HashMap;
use resolution_engine::cluster::difference;
use serde::Serialize;

use crate::{ResolutionError, dedupe::read_clusters, watch::Watch};

/// What changed, by the names of clusters; each list in the order of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClusterDifference {
    /// Clusters that hold the same records as before.
    pub same: u64,
    /// Clusters of new records only.
    pub new: u64,
    /// Records that only the earlier run knows.
    pub gone: u64,
    /// Clusters that got new records: the later name, how many.
    pub joins: Vec<(String, u64)>,
    /// Clusters that fell apart: the earlier name, the later ones.
    pub splits: Vec<(String, Vec<String>)>,
    /// Clusters that became one: the earlier names, the later one.
    pub merges: Vec<(Vec<String>, String)>,
    /// Clusters made of parts of several: the earlier names, the later one.
    pub mixed: Vec<(Vec<String>, String)>,
}

/// Compares two files of clusters.
///
/// # Errors
/// Where one cannot be read or lacks `id` or `cluster_id`.
pub fn diff_clusters(before: &Path, after: &Path, watch: &Watch<'_>) -> Result<ClusterDifference, ResolutionError> {
    let (before, after) = (read_clusters(before, watch)?, read_clusters(after, watch)?);
    let (old, new) = (Names::of(&before), Names::of(&after));
    let mut ids: Vec<&String> = after.keys().collect();
    ids.sort_unstable();
    let earlier: Vec<Option<u32>> = ids.iter().map(|id| before.get(*id).map(|name| old.number(name))).collect();
    let later: Vec<u32> = ids.iter().map(|id| new.number(&after[*id])).collect();
    let found = difference(&earlier, &later);
    let olds = |numbers: &[u32]| numbers.iter().map(|number| old.name(*number)).collect::<Vec<_>>();
    let pairs = |pairs: &[(Vec<u32>, u32)]| pairs.iter().map(|(from, to)| (olds(from), new.name(*to))).collect();
    Ok(ClusterDifference {
        same: found.same,
        new: found.new,
        gone: before.keys().filter(|id| !after.contains_key(*id)).count() as u64,
        joins: found.joins.iter().map(|(group, count)| (new.name(*group), *count)).collect(),
        splits: found
            .splits
            .iter()
            .map(|(group, parts)| (old.name(*group), parts.iter().map(|part| new.name(*part)).collect()))
            .collect(),
        merges: pairs(&found.merges),
        mixed: pairs(&found.mixed),
    })
}

/// Names as numbers, in the order of the names.
struct Names<'a>(Vec<&'a String>);

impl<'a> Names<'a> {
    fn of(clusters: &'a HashMap<String, String>) -> Self {
        let mut names: Vec<&String> = clusters.values().collect();
        names.sort_unstable();
        names.dedup();
        Self(names)
    }

    fn number(&self, name: &String) -> u32 {
        u32::try_from(self.0.binary_search(&name).unwrap_or(0)).unwrap_or(u32::MAX)
    }

    fn name(&self, number: u32) -> String {
        self.0[number as usize].clone()
    }
}
