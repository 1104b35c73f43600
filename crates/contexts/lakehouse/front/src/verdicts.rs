//! What the rules of an asset said the last time, kept beside the tables: a rule is not checked again on rows that have not
//! changed since. Files may be deleted at any time; then the rules are checked again.
//!
//! Samples hold rows, so verdicts are here, where the tables are, and not in the log.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::PathBuf,
};

use lakehouse_model::{AssetName, ExpectationKind};
use serde::{Deserialize, Serialize};

use crate::{CheckResult, Lakehouse, LakehouseError, init};

/// Verdicts, and what they were said of.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    of: Seen,
    verdicts: Vec<CheckResult>,
}

/// The state of an asset that decides what its rules say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    version: u64,
    rejects: Option<u64>,
    rules: u64,
}

impl Lakehouse {
    /// `None` for what has no version, and where rules look at the clock or at other tables.
    pub(crate) async fn seen(&self, name: &AssetName) -> Result<Option<Seen>, LakehouseError> {
        let (Some(facts), Some(doc)) = (self.lake.facts(name).await?, self.project.asset_doc(name)) else {
            return Ok(None);
        };
        let by_the_clock = doc.expectations.iter().any(|rule| matches!(rule.kind, ExpectationKind::Freshness { .. }));
        if by_the_clock || !self.project.checked_against(name).is_empty() {
            return Ok(None);
        }
        let rejects = self.project.models.get(name).and_then(|model| model.config.rejects.as_ref());
        let rejects = match rejects {
            Some(rejects) => self.lake.facts(rejects).await?.map(|facts| facts.version),
            None => None,
        };
        let mut rules = DefaultHasher::new();
        // How it is shown names every part of every rule.
        format!("{:?} {}", doc.expectations, self.project.settings.quality.samples).hash(&mut rules);
        Ok(Some(Seen { version: facts.version, rejects, rules: rules.finish() }))
    }

    /// The verdicts on the asset as it was seen; `None` where they are to be found out.
    pub(crate) fn kept_verdicts(&self, name: &AssetName, seen: &Seen) -> Option<Vec<CheckResult>> {
        // A file that cannot be read is one that is not there.
        let text = std::fs::read(self.verdict_file(name)).ok()?;
        let kept: Kept = serde_json::from_slice(&text).ok()?;
        (kept.of == *seen).then_some(kept.verdicts)
    }

    pub(crate) fn keep_verdicts(
        &self,
        name: &AssetName,
        seen: Seen,
        verdicts: &[CheckResult],
    ) -> Result<(), LakehouseError> {
        let kept = Kept { of: seen, verdicts: verdicts.to_vec() };
        let text = serde_json::to_vec(&kept).map_err(|source| LakehouseError::History { source })?;
        init::write(&self.verdict_file(name), &text)
    }

    fn verdict_file(&self, name: &AssetName) -> PathBuf {
        self.state_folder().join("verdicts").join(format!("{name}.json"))
    }
}
