//! dbt's selection grammar over the assets of a project.
//!
//! Every atom must find something: a mistyped name in a union would otherwise shrink a run in silence.
//! Deliberately absent: dbt's methods that need artefacts of an earlier run (`state:`, `result:`).

mod grammar;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use grammar::{Atom, Method, Reach};

use crate::{AssetKind, AssetName, ModelError, Node, Project, nearest::nearest_many};

/// Names told when a selection finds nothing.
const MAX_SUGGESTIONS: usize = 3;

impl Project {
    /// The assets that `select` names without those that `exclude` names; `None` selects all and excludes none.
    /// Bronze tables and rejects tables are among them as far as they are named or lie on the way.
    ///
    /// # Errors
    /// [`ModelError::Selector`] for text that is no selection; [`ModelError::UnknownSelection`] when a part of it,
    /// or the whole, finds nothing.
    pub fn select(&self, select: Option<&str>, exclude: Option<&str>) -> Result<BTreeSet<AssetName>, ModelError> {
        let all = || self.graph.topological().iter().map(|node| node.name.clone()).collect();
        let mut found: BTreeSet<AssetName> = match select {
            Some(text) => self.union(text)?,
            None => all(),
        };
        if let Some(text) = exclude {
            let excluded = self.union(text)?;
            found.retain(|name| !excluded.contains(name));
        }
        match (found.is_empty(), select, exclude) {
            (true, Some(select), Some(exclude)) => Err(nothing(&format!("{select} without {exclude}"), Vec::new())),
            (true, None, Some(exclude)) => Err(nothing(&format!("all without {exclude}"), Vec::new())),
            _ => Ok(found),
        }
    }

    fn union(&self, text: &str) -> Result<BTreeSet<AssetName>, ModelError> {
        let mut union = BTreeSet::new();
        for atoms in grammar::parse(text)? {
            let mut sets = atoms.iter().map(|atom| self.atom(atom)).collect::<Result<Vec<_>, _>>()?.into_iter();
            let first = sets.next().unwrap_or_default();
            let common: BTreeSet<AssetName> = sets.fold(first, |left, right| &left & &right);
            if common.is_empty() {
                let written: Vec<&str> = atoms.iter().map(|atom| atom.text.as_str()).collect();
                return Err(nothing(&written.join(","), Vec::new()));
            }
            union.extend(common);
        }
        Ok(union)
    }

    fn atom(&self, atom: &Atom) -> Result<BTreeSet<AssetName>, ModelError> {
        let matching: Vec<&AssetName> =
            self.graph.topological().iter().filter(|node| self.matches(atom, node)).map(|node| &node.name).collect();
        if matching.is_empty() {
            return Err(nothing(&atom.text, self.suggestions(atom)));
        }
        let mut found = BTreeSet::new();
        for name in matching {
            found.insert(name.clone());
            found.extend(walk(atom.parents, |depth| self.graph.ancestors(name, depth)));
            let reach = if atom.family { Reach::All } else { atom.children };
            let children = walk(reach, |depth| self.graph.descendants(name, depth));
            if atom.family {
                let needed = children.iter().chain([name]).map(|child| self.graph.ancestors(child, None));
                found.extend(needed.flatten().collect::<Vec<_>>());
            }
            found.extend(children);
        }
        Ok(found)
    }

    fn matches(&self, atom: &Atom, node: &Node) -> bool {
        let value = atom.value.as_str();
        match &atom.method {
            Method::Fqn => self.matches_fqn(value, node),
            Method::Tag => self.tags(node).iter().any(|tag| glob(value, tag)),
            Method::Path => self.path(node).is_some_and(|path| matches_path(value, &path)),
            Method::Source => self.source_name(node).is_some_and(|source| {
                glob(value, source)
                    || glob(value, &node.name.name)
                    || glob(value, &format!("{source}.{}", node.name.name))
            }),
            Method::Config(key) => self.matches_config(key, value, node),
            Method::Owner => self.owner(node).is_some_and(|owner| glob(value, &owner)),
            Method::ResourceType => value == kind_word(node.kind),
        }
    }

    /// A name, or the beginning of `project.layer.folder.name` with or without the project; `*` and `?` stand for others.
    fn matches_fqn(&self, value: &str, node: &Node) -> bool {
        if glob(value, &node.name.name) || glob(value, &node.name.to_string()) {
            return true;
        }
        let mut full = vec![self.settings.project.name.clone(), node.name.layer.clone()];
        if let Some(model) = self.models.get(&node.name) {
            let folders = model.path.parent().into_iter().flat_map(Path::iter).skip(2);
            full.extend(folders.map(|folder| folder.to_string_lossy().into_owned()));
        }
        full.push(node.name.name.clone());
        let wanted: Vec<&str> = value.split('.').collect();
        let begins = |full: &[String]| {
            wanted.len() <= full.len() && wanted.iter().zip(full).all(|(wanted, part)| glob(wanted, part))
        };
        // The project alone, without a layer, would be everything; that is what leaving the selection out means.
        begins(&full[1..]) || (wanted.len() > 1 && begins(&full))
    }

    fn tags(&self, node: &Node) -> &[String] {
        match node.kind {
            AssetKind::Model => self.models.get(&node.name).map_or(&[], |model| &model.config.tags),
            AssetKind::Source => self.source_of_table(&node.name).map_or(&[], |source| &source.tags),
            AssetKind::Rejects => &[],
        }
    }

    /// The file that says what the asset is; none for a rejects table, which its model makes along with itself.
    fn path(&self, node: &Node) -> Option<PathBuf> {
        match node.kind {
            AssetKind::Model => self.models.get(&node.name).map(|model| model.path.clone()),
            AssetKind::Source => self.source_paths.get(self.source_name(node)?).cloned(),
            AssetKind::Rejects => None,
        }
    }

    fn source_name(&self, node: &Node) -> Option<&str> {
        self.source_of_table(&node.name).map(|source| source.name.as_str())
    }

    fn owner(&self, node: &Node) -> Option<String> {
        let in_doc = self.asset_doc(&node.name).and_then(|doc| doc.owner.clone());
        in_doc.or_else(|| self.source_of_table(&node.name)?.owner.clone())
    }

    fn matches_config(&self, key: &str, value: &str, node: &Node) -> bool {
        let config = self.models.get(&node.name).and_then(|model| serde_json::to_value(&model.config).ok());
        match config.as_ref().and_then(|config| config.get(key)) {
            Some(serde_json::Value::String(text)) => glob(value, text),
            Some(serde_json::Value::Array(items)) => {
                items.iter().filter_map(serde_json::Value::as_str).any(|item| glob(value, item))
            }
            Some(serde_json::Value::Bool(flag)) => value == flag.to_string(),
            _ => false,
        }
    }

    fn suggestions(&self, atom: &Atom) -> Vec<String> {
        let nodes = self.graph.topological().iter();
        let known: BTreeSet<String> = match &atom.method {
            Method::Fqn if atom.value.contains('.') => nodes.map(|node| node.name.to_string()).collect(),
            Method::Fqn => nodes.flat_map(|node| [node.name.name.clone(), node.name.layer.clone()]).collect(),
            Method::Tag => nodes.flat_map(|node| self.tags(node).to_vec()).collect(),
            Method::Path => nodes.filter_map(|node| Some(shown(&self.path(node)?))).collect(),
            Method::Source => self.sources.keys().cloned().collect(),
            Method::Owner => nodes.filter_map(|node| self.owner(node)).collect(),
            Method::ResourceType => nodes.map(|node| kind_word(node.kind).to_owned()).collect(),
            Method::Config(_) => BTreeSet::new(),
        };
        nearest_many(&atom.value, known.iter().map(String::as_str), MAX_SUGGESTIONS)
    }
}

fn nothing(selector: &str, nearest: Vec<String>) -> ModelError {
    ModelError::UnknownSelection { selector: selector.to_owned(), nearest }
}

fn walk(reach: Reach, go: impl Fn(Option<usize>) -> BTreeSet<AssetName>) -> BTreeSet<AssetName> {
    match reach {
        Reach::None => BTreeSet::new(),
        Reach::Steps(steps) => go(Some(steps)),
        Reach::All => go(None),
    }
}

fn kind_word(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::Source => "source",
        AssetKind::Model => "model",
        AssetKind::Rejects => "rejects",
    }
}

/// With `/` on every system.
fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The file itself, a folder above it, or a pattern.
fn matches_path(value: &str, path: &Path) -> bool {
    let value = value.trim_start_matches("./").trim_end_matches('/');
    Path::new(&shown(path)).starts_with(value) || glob(value, &shown(path))
}

/// `*` stands for any text and `?` for one character; greedy with one step back, so never slower than the product
/// of both lengths.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn wildcards_stand_for_other_characters() {
        let cases = [
            ("gold", "gold", true),
            ("go*", "gold", true),
            ("*_raw", "sales_raw", true),
            ("d?m_*te", "dim_date", true),
            ("**", "", true),
            ("", "a", false),
            ("a*b", "ab_", false),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaa", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
