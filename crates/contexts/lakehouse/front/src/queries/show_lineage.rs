//! Where an asset or a column comes from.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use lakehouse_engine::ColumnSource;
use lakehouse_model::AssetName;

use crate::{ColumnEdge, Lakehouse, LakehouseError, LineageStep, LineageView};

/// Steps that a column is followed up; no sensible project is deeper.
const DEEPEST: usize = 64;

type Columns = Vec<(String, Vec<ColumnEdge>)>;

/// The engine's words as ours.
pub(crate) fn edges(columns: &[(String, Vec<ColumnSource>)]) -> Columns {
    let edge = |source: &ColumnSource| ColumnEdge {
        asset: source.asset.to_string(),
        column: source.column.clone(),
        kind: source.kind.name().to_owned(),
    };
    columns.iter().map(|(name, sources)| (name.clone(), sources.iter().map(edge).collect())).collect()
}

impl Lakehouse {
    /// Lineage of `layer.name`, `name`, or one of their columns (`layer.name.column`), from the statements' plans.
    ///
    /// # Errors
    /// [`LakehouseError::UnknownAsset`], [`LakehouseError::UnknownColumn`]; [`LakehouseError::Engine`] before the
    /// first run, when the tables that a plan needs do not exist.
    pub fn show_lineage(&self, target: String) -> BoxFuture<'_, Result<LineageView, LakehouseError>> {
        Box::pin(async move {
            let (asset, column) = self.target(&target)?;
            let columns = self.columns_of(&asset).await?;
            let mut upstream = Vec::new();
            if let Some(column) = &column {
                if !columns.iter().any(|(name, _)| name == column) {
                    return Err(LakehouseError::UnknownColumn {
                        asset: asset.to_string(),
                        column: column.clone(),
                        known: columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", "),
                    });
                }
                upstream = self.climb(&asset, column).await?;
            }
            let names = |found: &[AssetName]| found.iter().map(ToString::to_string).collect();
            Ok(LineageView {
                parents: names(self.project.graph.parents(&asset)),
                children: names(self.project.graph.children(&asset)),
                asset: asset.to_string(),
                column,
                columns,
                upstream,
            })
        })
    }

    /// Parts a target into asset and column.
    fn target(&self, text: &str) -> Result<(AssetName, Option<String>), LakehouseError> {
        if let Ok(asset) = self.asset(text) {
            return Ok((asset, None));
        }
        match text.rsplit_once('.') {
            Some((asset, column)) if self.asset(asset).is_ok() => Ok((self.asset(asset)?, Some(column.to_owned()))),
            _ => Err(self
                .asset(text)
                .err()
                .unwrap_or(LakehouseError::UnknownAsset { name: text.to_owned(), nearest: None })),
        }
    }

    /// What each column of an asset is made from, one step up. A rejects table has its model's columns; a bronze
    /// table's come from files.
    pub(crate) async fn columns_of(&self, asset: &AssetName) -> Result<Columns, LakehouseError> {
        if let Some(model) = self.project.models.get(asset) {
            return Ok(edges(&self.lake.lineage(&self.project, model).await?));
        }
        let owner = self.project.models.values().find(|model| model.config.rejects.as_ref() == Some(asset));
        if let Some(model) = owner {
            return Ok(edges(&self.lake.lineage(&self.project, model).await?));
        }
        let facts = self.lake.facts(asset).await?;
        Ok(facts.map(|facts| facts.columns.into_iter().map(|(name, _)| (name, vec![])).collect()).unwrap_or_default())
    }

    async fn climb(&self, asset: &AssetName, column: &str) -> Result<Vec<LineageStep>, LakehouseError> {
        let mut steps = Vec::new();
        let mut met = BTreeSet::new();
        let mut level = vec![(asset.clone(), column.to_owned())];
        for depth in 1..=DEEPEST {
            let mut next = Vec::new();
            for (asset, column) in level {
                let columns = self.columns_of(&asset).await?;
                let Some((_, sources)) = columns.into_iter().find(|(name, _)| *name == column) else { continue };
                for source in sources {
                    if let Ok(parent) = AssetName::parse(&source.asset)
                        && met.insert((source.asset.clone(), source.column.clone()))
                    {
                        next.push((parent, source.column.clone()));
                    }
                    steps.push(LineageStep { depth, of: format!("{asset}.{column}"), from: source });
                }
            }
            if next.is_empty() {
                break;
            }
            level = next;
        }
        Ok(steps)
    }
}
