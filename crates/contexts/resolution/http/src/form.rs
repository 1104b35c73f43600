//! What runs decided, and runs, in the API's form.

use std::collections::BTreeMap;

use ::jobs::{Job, JobId, State};
use resolution::{Clusters, DedupeSummary, LinkSummary, Linked};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ServedError,
    task::{Answer, Task},
};

/// Records of one cluster that are named.
const MOST_NAMED: usize = 1_000;

/// Records that are the same thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ResolvedCluster")]
pub(crate) struct ClusterForm {
    /// Its name: the smallest id in it.
    pub(crate) cluster_id: String,
    /// Its records.
    pub(crate) size: u64,
    /// Their ids in order, the first 1,000 of them.
    pub(crate) records: Vec<String>,
}

/// Two records that are the same thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ResolvedLink")]
pub(crate) struct LinkForm {
    /// Id in the first asset.
    pub(crate) record: String,
    /// Id in the other asset.
    pub(crate) other: String,
    /// Match weight in bits.
    pub(crate) weight: f32,
    /// Probability of a match, 0 to 1.
    pub(crate) probability: f64,
}

/// Counts of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ResolutionSummary")]
pub(crate) enum Summary {
    /// Of groups of one asset.
    Clusters(DedupeSummary),
    /// Of links between two.
    Links(LinkSummary),
}

/// A run as the API shows it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "ResolutionRun")]
pub(crate) struct RunForm {
    /// Its id, which is that of its job.
    id: JobId,
    /// `queued`, `running`, `failed` (it is tried again), `succeeded`, `cancelled`, `dead`.
    state: String,
    /// What was asked.
    task: Task,
    /// When it was asked for.
    requested_at: String,
    /// When its last attempt began.
    started_at: Option<String>,
    /// When it ended.
    ended_at: Option<String>,
    /// Counts; `null` before it has succeeded.
    summary: Option<Summary>,
    /// What its last attempt failed with.
    error: Option<String>,
}

impl TryFrom<Job> for RunForm {
    type Error = ServedError;

    fn try_from(job: Job) -> Result<Self, ServedError> {
        let summary = job.result.as_deref().filter(|_| job.state == State::Succeeded);
        Ok(Self {
            id: job.id,
            state: job.state.to_string(),
            task: serde_json::from_slice(&job.args)?,
            requested_at: job.enqueued_at.to_string(),
            started_at: job.started_at.map(|at| at.to_string()),
            ended_at: job.ended_at.map(|at| at.to_string()),
            summary: summary.map(serde_json::from_slice).transpose()?,
            error: job.error,
        })
    }
}

/// What a run decided, item by item in its order, and its counts.
pub(crate) fn decided(answer: Answer) -> Result<(Vec<String>, Summary), ServedError> {
    Ok(match answer {
        Answer::Clusters(clusters) => {
            let items = clusters_of(&clusters).iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
            (items, Summary::Clusters(clusters.summary))
        }
        Answer::Links(linked) => {
            let items = links_of(&linked).map(|link| serde_json::to_string(&link)).collect::<Result<_, _>>()?;
            (items, Summary::Links(linked.summary))
        }
    })
}

/// Clusters of more than one record, the largest first.
fn clusters_of(clusters: &Clusters) -> Vec<ClusterForm> {
    let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, name) in clusters.ids.iter().zip(&clusters.names) {
        members.entry(name).or_default().push(id);
    }
    let form = |(name, mut ids): (&str, Vec<&str>)| {
        ids.sort_unstable();
        ClusterForm {
            cluster_id: name.to_owned(),
            size: ids.len() as u64,
            records: ids.into_iter().take(MOST_NAMED).map(str::to_owned).collect(),
        }
    };
    let mut found: Vec<ClusterForm> = members.into_iter().filter(|(_, ids)| ids.len() > 1).map(form).collect();
    // Stable, so that those of one size stay in the order of their names.
    found.sort_by_key(|cluster| std::cmp::Reverse(cluster.size));
    found
}

fn links_of(linked: &Linked) -> impl Iterator<Item = LinkForm> {
    linked.links.iter().map(|link| LinkForm {
        record: link.a.clone(),
        other: link.b.clone(),
        weight: link.weight,
        probability: link.probability,
    })
}
