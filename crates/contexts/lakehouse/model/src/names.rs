//! Which assets there are, and which of them a piece of text means.

use std::collections::BTreeMap;

use crate::{AssetName, nearest::nearest};

/// All assets by their short names, and the bronze tables by their sources' names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    assets: BTreeMap<String, AssetName>,
    sources: BTreeMap<String, AssetName>,
}

/// No asset has that name; the nearest name, if one is near.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unknown(pub(crate) Option<String>);

impl Names {
    /// `assets` have unique short names; `sources` maps a source's name to its bronze table.
    pub(crate) fn new(assets: BTreeMap<String, AssetName>, sources: BTreeMap<String, AssetName>) -> Self {
        Self { assets, sources }
    }

    /// `sales` or `silver.sales`.
    pub(crate) fn find(&self, text: &str) -> Result<AssetName, Unknown> {
        let found = match text.split_once('.') {
            Some((layer, name)) => self.assets.get(name).filter(|asset| asset.layer == layer),
            None => self.assets.get(text),
        };
        found.cloned().ok_or_else(|| self.unknown(text))
    }

    /// As [`Self::find`], and a source's name for its bronze table.
    pub(crate) fn find_or_source(&self, text: &str) -> Result<AssetName, Unknown> {
        self.find(text).or_else(|unknown| self.sources.get(text).cloned().ok_or(unknown))
    }

    /// The bronze table of a source. `table` may repeat its name, as dbt's two arguments do; dbt's form with the
    /// layer first, `source('bronze', 'sales_raw')`, is understood, too.
    pub(crate) fn find_source(&self, source: &str, table: Option<&str>) -> Result<AssetName, Unknown> {
        let said = |asset: &&AssetName| {
            table.is_none_or(|table| table == asset.name || table == source || table == asset.to_string())
        };
        let by_layer = || {
            self.sources.values().find(|asset| asset.layer == source && table.is_some_and(|table| table == asset.name))
        };
        self.sources
            .get(source)
            .filter(said)
            .or_else(by_layer)
            .cloned()
            .ok_or_else(|| Unknown(nearest(source, self.sources.keys().map(String::as_str)).filter(|n| n != source)))
    }

    /// What a rule writes: `sales`, `silver.sales`, `ref('sales')`, `source('online_retail')`.
    pub(crate) fn find_written(&self, text: &str) -> Result<AssetName, Unknown> {
        let text = text.trim().trim_start_matches("{{").trim_end_matches("}}").trim();
        let Some((function, rest)) = text.split_once('(') else { return self.find_or_source(text) };
        let arguments: Vec<&str> = rest
            .trim_end()
            .trim_end_matches(')')
            .split(',')
            .map(|argument| argument.trim().trim_matches(['\'', '"']))
            .collect();
        match (function.trim(), arguments.as_slice()) {
            ("ref", [name]) => self.find(name),
            ("ref", [layer, name]) => self.find(&format!("{layer}.{name}")),
            ("source", [source]) => self.find_source(source, None),
            ("source", [source, table]) => self.find_source(source, Some(table)),
            _ => Err(Unknown(None)),
        }
    }

    fn unknown(&self, text: &str) -> Unknown {
        let full: Vec<String> = self.assets.values().map(AssetName::to_string).collect();
        let known = if text.contains('.') {
            full.iter().map(String::as_str).collect::<Vec<_>>()
        } else {
            self.assets.keys().map(String::as_str).collect()
        };
        let alone = text.split_once('.').and_then(|(_, name)| self.assets.get(name)).map(AssetName::to_string);
        Unknown(alone.or_else(|| nearest(text, known)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let asset = |layer: &str, name: &str| AssetName { layer: layer.into(), name: name.into() };
        let all = [asset("bronze", "sales_raw"), asset("silver", "sales"), asset("gold", "dim_date")];
        Names::new(
            all.iter().map(|asset| (asset.name.clone(), asset.clone())).collect(),
            BTreeMap::from([("shop".to_owned(), all[0].clone())]),
        )
    }

    #[test]
    fn every_way_to_write_an_asset_is_understood() {
        let cases = [
            ("sales", Ok("silver.sales")),
            ("silver.sales", Ok("silver.sales")),
            ("ref('sales')", Ok("silver.sales")),
            ("{{ ref(\"silver\", \"sales\") }}", Ok("silver.sales")),
            ("source('shop')", Ok("bronze.sales_raw")),
            ("source('shop', 'sales_raw')", Ok("bronze.sales_raw")),
            ("source('bronze', 'sales_raw')", Ok("bronze.sales_raw")),
            ("shop", Ok("bronze.sales_raw")),
            ("gold.sales", Err(Some("silver.sales"))),
            ("sale", Err(Some("sales"))),
            ("ref('dim_dat')", Err(Some("dim_date"))),
            ("source('shopp')", Err(Some("shop"))),
            ("source('shop', 'other')", Err(None)),
            ("this is nothing", Err(None)),
            ("ref('a','b','c')", Err(None)),
        ];
        for (text, expected) in cases {
            let found = names().find_written(text).map(|asset| asset.to_string());
            let expected = expected.map(str::to_owned).map_err(|near| Unknown(near.map(str::to_owned)));
            assert_eq!(found, expected, "{text}");
        }
    }
}
