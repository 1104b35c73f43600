//! Which asset each part of the YAML below `models/` speaks about.
//!
//! A file speaks about the asset of its own name, or lists models in dbt's form (`models: [{name: …}, …]`).

use std::path::{Path, PathBuf};

use super::{
    doc::DocText,
    reader::Reader,
    tree::{Node, Value},
};
use crate::{
    AssetName, ModelError,
    error::{Mistake, Mistakes},
    files::TextFile,
};

/// One asset's part of a file.
#[derive(Debug, Clone)]
pub(crate) struct DocEntry {
    /// Relative to the project.
    pub(crate) file: PathBuf,
    /// 1-based.
    pub(crate) line: usize,
    /// Known for a file of the asset's own name; dbt's lists name no layer.
    pub(crate) layer: Option<String>,
    pub(crate) name: String,
    pub(crate) text: DocText,
}

impl DocEntry {
    /// Whether it speaks about `asset`.
    pub(crate) fn is_about(&self, asset: &AssetName) -> bool {
        self.name == asset.name && self.layer.as_ref().is_none_or(|layer| *layer == asset.layer)
    }

    /// A refusal of this file.
    pub(crate) fn wrong(&self, source: Mistakes) -> ModelError {
        ModelError::ModelYaml { file: self.file.clone(), source }
    }

    /// A refusal of this file for one reason.
    pub(crate) fn wrong_here(&self, text: String) -> ModelError {
        self.wrong(Mistakes(vec![Mistake { line: self.line, text }]))
    }
}

/// Layer and name that a path below `models/` stands for.
///
/// # Errors
/// [`ModelError::ModelName`].
pub(crate) fn asset_of(path: &Path) -> Result<AssetName, ModelError> {
    let refuse = |detail: &str| ModelError::ModelName { path: path.to_owned(), detail: detail.to_owned() };
    let parts: Vec<String> = path.iter().skip(1).map(|part| part.to_string_lossy().into_owned()).collect();
    let [layer, .., _] = parts.as_slice() else {
        return Err(refuse("it lies in no layer, which is the first folder below models/"));
    };
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    AssetName::parse(&format!("{layer}.{stem}")).map_err(|_| {
        refuse("layer and name must be lower-case letters, digits and `_`, and must not begin with a digit")
    })
}

/// Every entry of every file, in order.
///
/// # Errors
/// [`ModelError::ModelYaml`], [`ModelError::ModelName`].
pub(crate) fn read_all(files: &[TextFile]) -> Result<Vec<DocEntry>, ModelError> {
    let mut entries = Vec::new();
    for file in files {
        let node = Node::from_yaml(&file.text).map_err(|mistake| refuse(file, Mistakes(vec![mistake])))?;
        if node.get("models").is_some() {
            let list = read_list(&node, file).map_err(|mistakes| refuse(file, mistakes))?;
            entries.extend(list);
        } else {
            let asset = asset_of(&file.path)?;
            entries.push(DocEntry {
                file: file.path.clone(),
                line: node.line,
                layer: Some(asset.layer),
                name: asset.name,
                text: DocText { node },
            });
        }
    }
    Ok(entries)
}

fn refuse(file: &TextFile, source: Mistakes) -> ModelError {
    ModelError::ModelYaml { file: file.path.clone(), source }
}

fn read_list(node: &Node, file: &TextFile) -> Result<Vec<DocEntry>, Mistakes> {
    let mut reader = Reader::default();
    let map = reader.map(node, "a list of models", &["version", "models"]);
    let mut entries = Vec::new();
    for item in reader.items(map.get("models"), "models") {
        let given = item.get("name").map(|entry| &entry.node);
        match reader.text(given, "a model's name") {
            Some(name) => entries.push(DocEntry {
                file: file.path.clone(),
                line: item.line,
                layer: None,
                name,
                text: DocText { node: item.clone() },
            }),
            None if matches!(item.value, Value::Map(_)) && given.is_some() => {}
            None => reader.wrong(item.line, "a model in the list has no `name`"),
        }
    }
    reader.finish(entries)
}
