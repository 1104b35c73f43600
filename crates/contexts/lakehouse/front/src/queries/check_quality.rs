//! The rules, checked now.

use futures::future::BoxFuture;
use kernel::Cancel;
use lakehouse_engine::{CheckOutcome, Dimension};
use lakehouse_model::{AssetName, Expectation, Severity};

use crate::{CheckResult, Lakehouse, LakehouseError};

impl Lakehouse {
    /// Checks the rules of one asset, or of all that were made, on their rows as they stand.
    ///
    /// # Errors
    /// [`LakehouseError::UnknownAsset`]; [`LakehouseError::Engine`] when a rule cannot be checked.
    pub fn check_quality(
        &self,
        asset: Option<String>,
        cancel: Cancel,
    ) -> BoxFuture<'_, Result<Vec<CheckResult>, LakehouseError>> {
        Box::pin(async move {
            let work = self.quiet_work(cancel);
            let assets = match asset {
                Some(text) => vec![self.asset(&text)?],
                None => self.project.assets().into_iter().map(|(name, _)| name).collect(),
            };
            let mut results = Vec::new();
            for name in assets {
                let Some(doc) = self.project.asset_doc(&name).filter(|doc| !doc.expectations.is_empty()) else {
                    continue;
                };
                let is_view = self
                    .project
                    .models
                    .get(&name)
                    .is_some_and(|model| model.config.materialized == lakehouse_model::Materialization::View);
                if !is_view && self.lake.facts(&name).await?.is_none() {
                    continue;
                }
                let samples = self.project.settings.quality.samples as usize;
                for outcome in self.lake.check(&self.project, &name, samples, &work).await? {
                    if let Some(rule) = doc.expectations.iter().find(|rule| rule.id == outcome.expectation) {
                        results.push(check_result(&name, rule, outcome));
                    }
                }
                results.extend(self.quarantine_results(&name).await?);
            }
            Ok(results)
        })
    }

    /// Rules that set rows aside: what they caught stands in the rejects table, by reason.
    pub(crate) async fn quarantine_results(&self, name: &AssetName) -> Result<Vec<CheckResult>, LakehouseError> {
        let Some(model) = self.project.models.get(name) else { return Ok(Vec::new()) };
        let Some(rejects) = &model.config.rejects else { return Ok(Vec::new()) };
        let rules = model.doc.expectations.iter().filter(|rule| rule.severity == Severity::Quarantine);
        let rules: Vec<&Expectation> = rules.collect();
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        let reasons = self.lake.reject_reasons(rejects).await?;
        let kept = self.lake.facts(name).await?.map_or(0, |facts| facts.rows);
        let aside: u64 = reasons.iter().map(|(_, rows)| rows).sum();
        let result = |rule: &&Expectation| {
            let reason = rule.reason.as_ref().unwrap_or(&rule.id);
            let unexpected = reasons.iter().find(|(found, _)| found == reason).map_or(0, |(_, rows)| *rows);
            let outcome = CheckOutcome {
                expectation: rule.id.clone(),
                success: unexpected == 0,
                rows: kept + aside,
                unexpected,
                observed: Some(format!("{unexpected} rows set aside in {rejects}")),
                samples: Vec::new(),
            };
            check_result(name, rule, outcome)
        };
        Ok(rules.iter().map(result).collect())
    }
}

/// A verdict in the words of reports.
pub(crate) fn check_result(asset: &AssetName, rule: &Expectation, outcome: CheckOutcome) -> CheckResult {
    let severity = match rule.severity {
        Severity::Warn => "warn",
        Severity::Error => "error",
        Severity::Quarantine => "quarantine",
    };
    CheckResult {
        asset: asset.to_string(),
        expectation: rule.id.clone(),
        kind: rule.kind.name().to_owned(),
        columns: rule.kind.columns().into_iter().map(ToOwned::to_owned).collect(),
        severity: severity.to_owned(),
        mostly: rule.mostly,
        success: outcome.success,
        rows: outcome.rows,
        unexpected: outcome.unexpected,
        observed: outcome.observed,
        samples: outcome.samples,
        dimension: Dimension::of(&rule.kind).name().to_owned(),
        description: rule.description.clone(),
    }
}
