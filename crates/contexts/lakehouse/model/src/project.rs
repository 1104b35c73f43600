//! A project as a whole: what its files say, read once and never changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{
    AssetKind, AssetName, Graph, Model, ModelDoc, ModelError, Settings, Source, load, nearest::nearest,
    render::Templates,
};

/// Everything that a project's files say.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its folder, as it was given.
    pub root: PathBuf,
    /// `grayghost.toml`.
    pub settings: Settings,
    /// By name.
    pub sources: BTreeMap<String, Source>,
    /// By name; those with `enabled = false` are left out.
    pub models: BTreeMap<AssetName, Model>,
    /// What YAML says about rejects tables and bronze tables.
    pub docs: BTreeMap<AssetName, ModelDoc>,
    /// Who reads whom.
    pub graph: Graph,
    pub(crate) templates: Templates,
    /// The YAML file of each asset that has one.
    pub(crate) doc_paths: BTreeMap<AssetName, PathBuf>,
    /// The YAML file of each source.
    pub(crate) source_paths: BTreeMap<String, PathBuf>,
    /// Other assets that the rules of an asset look at.
    pub(crate) looked_at: BTreeMap<AssetName, BTreeSet<AssetName>>,
}

impl Project {
    /// Reads the project in `root`: `grayghost.toml`, `sources/`, `models/`, `macros/`. Other files are not looked at.
    ///
    /// # Errors
    /// Any [`ModelError`] but those of selections. All mistakes of one file are told at once; the first wrong file
    /// ends the reading.
    pub fn load(root: &Path) -> Result<Self, ModelError> {
        load::load(root)
    }

    /// What YAML says about any asset; `None` when it says nothing.
    #[must_use]
    pub fn asset_doc(&self, name: &AssetName) -> Option<&ModelDoc> {
        let model = self.models.get(name).filter(|_| self.doc_paths.contains_key(name));
        model.map(|model| &model.doc).or_else(|| self.docs.get(name))
    }

    /// The asset whose name is most like this one; `None` when none is near.
    #[must_use]
    pub fn nearest_asset(&self, name: &str) -> Option<String> {
        let known: Vec<String> = self.assets().iter().map(|(asset, _)| asset.to_string()).collect();
        nearest(name, known.iter().map(String::as_str))
    }

    /// Every asset with what makes it, in topological order.
    #[must_use]
    pub fn assets(&self) -> Vec<(AssetName, AssetKind)> {
        self.graph.topological().iter().map(|node| (node.name.clone(), node.kind)).collect()
    }

    /// Other assets that the rules on `name` look at (`relationships`, `sum_equals`, custom SQL). They need not be
    /// among its ancestors: check such rules when those are made, too.
    #[must_use]
    pub fn checked_against(&self, name: &AssetName) -> BTreeSet<AssetName> {
        self.looked_at.get(name).cloned().unwrap_or_default()
    }

    /// The model that fills a rejects table.
    #[must_use]
    pub fn model_of_rejects(&self, rejects: &AssetName) -> Option<&Model> {
        self.models.values().find(|model| model.config.rejects.as_ref() == Some(rejects))
    }

    /// The source that fills a bronze table.
    #[must_use]
    pub fn source_of_table(&self, table: &AssetName) -> Option<&Source> {
        self.sources.values().find(|source| source.table == *table)
    }
}
