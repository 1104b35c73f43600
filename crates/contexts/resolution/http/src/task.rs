//! What is asked of resolution over assets, and its computation.

use std::sync::Arc;

use contracts::lakehouse::{AssetTexts, ReadAssets};
use kernel::{Cancel, WorkspaceId};
use resolution::{
    Clusters, DedupeRequest, Evaluation, Explanation, Input, LinkEvaluation, LinkExplanation, LinkRequest, Linked,
    Table, Truth, Watch, dedupe, evaluate, evaluate_links, explain, explain_link, link_files,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::ServedError;

/// Records of one run at most, those of both assets together: they are held in memory.
pub(crate) const MOST_RECORDS: u64 = 2_000_000;

/// Records of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Records {
    /// The asset, `layer.name`.
    pub(crate) asset: String,
    /// The column that names each record.
    pub(crate) id: String,
}

/// By what records are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Model {
    /// Made for the records.
    #[default]
    Auto,
    /// People, by the headers that they usually have.
    Person,
    /// Companies.
    Company,
    /// Products.
    Product,
}

/// Whether a record may have several partners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Partners {
    /// As many as are likely enough.
    #[default]
    Several,
    /// At most one: neither asset holds anything twice.
    One,
}

/// Columns that may be ignored at most.
const MOST_IGNORED: usize = 200;

fn few<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let all = Vec::deserialize(from)?;
    match all.len() {
        ..=MOST_IGNORED => Ok(all),
        more => Err(D::Error::custom(format_args!("{more} columns; {MOST_IGNORED} at most can be ignored"))),
    }
}

/// What is asked: groups of the records of one asset, or links between two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    /// Which records.
    pub(crate) records: Records,
    /// Records to link them with. Left out, the records are grouped among themselves.
    pub(crate) other: Option<Records>,
    /// Of links: whether a record may have several partners.
    #[serde(default)]
    pub(crate) partners: Partners,
    /// By what they are compared.
    #[serde(default)]
    pub(crate) model: Model,
    /// Columns that are not evidence, beside the ids.
    #[serde(default)]
    #[schemars(length(max = 200))]
    #[serde(deserialize_with = "few")]
    pub(crate) ignore: Vec<String>,
}

/// Where the truth stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Known {
    /// A column of the records: those with the same value are the same thing. It is no evidence.
    Column(String),
    /// Pairs in an asset: of groups, a record's id and the thing it is; of links, the ids of both records.
    Pairs {
        /// The asset, `layer.name`.
        asset: String,
        /// The column with the ids of the records.
        id: String,
        /// The column with what they are.
        is: String,
    },
}

/// What a run gave.
pub(crate) enum Answer {
    Clusters(Clusters),
    Links(Linked),
}

/// How good it is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measured {
    Clusters(Evaluation),
    Links(LinkEvaluation),
}

/// Why a pair is taken for the same thing, or is not.
pub(crate) enum Reasons {
    Within(Box<Explanation>),
    Between(Box<LinkExplanation>),
}

/// A task with its records.
pub(crate) enum Ready {
    Groups(DedupeRequest),
    Links(LinkRequest),
}

impl Model {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Person => "person",
            Self::Company => "company",
            Self::Product => "product",
        }
    }
}

impl Task {
    /// Reads the records, so many in all at most.
    pub(crate) async fn read(
        &self,
        assets: &Arc<dyn ReadAssets>,
        workspace: WorkspaceId,
        (most, cancel): (u64, &Cancel),
    ) -> Result<Ready, ServedError> {
        let first = table(assets, (workspace, &self.records.asset), &[], (most, cancel)).await?;
        let left = most.saturating_sub(first.rows() as u64);
        let records = Input::table(Arc::new(first), &self.records.id);
        let (model, ignore) = (self.model.name().to_owned(), self.ignore.clone());
        let Some(other) = &self.other else {
            return Ok(Ready::Groups(DedupeRequest { input: records, model, ignore, previous: None }));
        };
        let second = table(assets, (workspace, &other.asset), &[], (left, cancel)).await?;
        let partners = match self.partners {
            Partners::Several => resolution::Partners::Several,
            Partners::One => resolution::Partners::One,
        };
        let right = Input::table(Arc::new(second), &other.id);
        Ok(Ready::Links(LinkRequest { left: records, right, model, ignore, partners }))
    }
}

impl Known {
    /// Reads the truth.
    pub(crate) async fn read(
        &self,
        assets: &Arc<dyn ReadAssets>,
        workspace: WorkspaceId,
        limits: (u64, &Cancel),
    ) -> Result<Truth, ServedError> {
        match self {
            Self::Column(name) => Ok(Truth::Column(name.clone())),
            Self::Pairs { asset, id, is } => {
                let pairs = table(assets, (workspace, asset), &[id, is], limits).await?;
                Ok(Truth::Memory(Arc::new(pairs)))
            }
        }
    }
}

/// The rows of an asset: these columns in this order, or all of them.
async fn table(
    assets: &Arc<dyn ReadAssets>,
    (workspace, asset): (WorkspaceId, &str),
    columns: &[&str],
    limits: (u64, &Cancel),
) -> Result<Table, ServedError> {
    let read: Box<dyn AssetTexts> = assets.read(workspace, asset, limits).await?;
    let asset = asset.to_owned();
    let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
    // Each distinct text is looked up once for each row: work for a thread of its own.
    let interned = tokio::task::spawn_blocking(move || {
        let names = read.names();
        let chosen: Vec<usize> = if columns.is_empty() {
            (0..names.len()).collect()
        } else {
            let place = |name: &String| names.iter().position(|known| known == name).ok_or_else(|| name.clone());
            columns.iter().map(place).collect::<Result<_, _>>()?
        };
        let texts = chosen.into_iter().map(|at| (names[at].clone(), read.texts(at)));
        Ok::<_, String>(Table::of_texts(&asset, texts.collect()))
    });
    interned.await?.map_err(|column| {
        let why = format!("it has no column `{column}`");
        resolution::ResolutionError::BadTruth { file: "truth".into(), why }.into()
    })
}

impl Ready {
    /// Groups or links. Blocks and uses all cores.
    pub(crate) fn run(&self, watch: &Watch<'_>) -> Result<Answer, ServedError> {
        Ok(match self {
            Self::Groups(request) => Answer::Clusters(dedupe(request, watch)?),
            Self::Links(request) => Answer::Links(link_files(request, watch)?),
        })
    }

    /// The same beside the truth.
    pub(crate) fn measure(&self, truth: &Truth, watch: &Watch<'_>) -> Result<Measured, ServedError> {
        Ok(match self {
            Self::Groups(request) => Measured::Clusters(evaluate(request, truth, watch)?),
            Self::Links(request) => Measured::Links(evaluate_links(request, truth, watch)?),
        })
    }

    /// The reasons for a pair.
    pub(crate) fn explain(&self, (a, b): (&str, &str), watch: &Watch<'_>) -> Result<Reasons, ServedError> {
        Ok(match self {
            Self::Groups(request) => Reasons::Within(Box::new(explain(request, (a, b), watch)?)),
            Self::Links(request) => Reasons::Between(Box::new(explain_link(request, (a, b), watch)?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_are_those_that_come_with_the_program() {
        let models = [Model::Auto, Model::Person, Model::Company, Model::Product];
        assert_eq!(models.map(Model::name).to_vec(), resolution::known_models());
    }
}
