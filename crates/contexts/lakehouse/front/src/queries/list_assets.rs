//! What exists, how big, how fresh, how good.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use kernel::{Permission, Timestamp};
use lakehouse_model::{AssetKind, AssetName};

use crate::{AssetInfo, History, Lakehouse, LakehouseError};

const MICROS_PER_MILLI: i64 = 1_000;

impl Lakehouse {
    /// Every asset of the project, in the order of the graph; without a history nothing of its rules.
    ///
    /// # Errors
    /// [`LakehouseError::Forbidden`] without `lakehouse:read`; [`LakehouseError::Engine`] when a table cannot be opened;
    /// [`LakehouseError::Sql`].
    pub fn list_assets<'a>(
        &'a self,
        history: Option<&'a History>,
    ) -> BoxFuture<'a, Result<Vec<AssetInfo>, LakehouseError>> {
        Box::pin(async move {
            let mut checks = match history {
                Some(history) => {
                    history.actor.require(Permission::LakehouseRead)?;
                    history.checks(self.name()).await?
                }
                None => BTreeMap::new(),
            };
            let mut assets = Vec::new();
            for (name, kind) in self.project.assets() {
                let info = self.describe(&name, kind).await?;
                let checks = checks.remove(&info.asset);
                assets.push(AssetInfo { checks, ..info });
            }
            Ok(assets)
        })
    }

    async fn describe(&self, name: &AssetName, kind: AssetKind) -> Result<AssetInfo, LakehouseError> {
        let facts = self.lake.facts(name).await?;
        let model = self.project.models.get(name);
        let source = self.project.sources.values().find(|source| source.table == *name);
        let doc = self.project.asset_doc(name);
        let updated = facts.as_ref().and_then(|facts| facts.modified_ms);
        Ok(AssetInfo {
            asset: name.to_string(),
            kind: match (kind, model) {
                (AssetKind::Source, _) => "source",
                (AssetKind::Rejects, _) => "rejects",
                (AssetKind::Model, Some(model)) => match model.config.materialized {
                    lakehouse_model::Materialization::Table => "table",
                    lakehouse_model::Materialization::Incremental => "incremental",
                    lakehouse_model::Materialization::View => "view",
                },
                (AssetKind::Model, None) => "table",
            }
            .to_owned(),
            rows: facts.as_ref().map(|facts| facts.rows),
            size_bytes: facts.as_ref().map(|facts| facts.size_bytes),
            files: facts.as_ref().map(|facts| facts.files),
            version: facts.as_ref().map(|facts| facts.version),
            updated_at: updated.map(|millis| Timestamp(millis * MICROS_PER_MILLI).to_string()),
            checks: None,
            owner: doc.and_then(|doc| doc.owner.clone()).or_else(|| source.and_then(|source| source.owner.clone())),
            tags: model.map(|model| model.config.tags.clone()).unwrap_or_default(),
            description: doc
                .and_then(|doc| doc.description.clone())
                .or_else(|| source.and_then(|source| source.description.clone())),
        })
    }

    /// The asset of this name, `layer.name` or a bare name.
    pub(crate) fn asset(&self, text: &str) -> Result<AssetName, LakehouseError> {
        let assets = self.project.assets();
        let found = assets.iter().map(|(name, _)| name).find(|name| name.to_string() == text || name.name == text);
        found.cloned().ok_or_else(|| LakehouseError::UnknownAsset {
            name: text.to_owned(),
            nearest: self.project.nearest_asset(text),
        })
    }
}
