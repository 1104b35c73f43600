//! From the files of a project to a [`Project`].
//!
//! Names come before meaning: a template may refer to a rejects table that another template's `config()` declares.
//! So each model is rendered once while names are open, for its configuration, and again when all names are known,
//! for what it reads.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{
    AssetKind, AssetName, Config, Graph, Materialization, Model, ModelDoc, ModelError, Project, RenderMode, Settings,
    Source,
    files::{self, TextFile},
    names::Names,
    nearest::nearest,
    parse::{
        config, entries,
        entries::DocEntry,
        settings,
        source::{self, TECHNICAL_COLUMNS},
        tree::{Entry, Node, Value, line_of},
    },
    render::{Log, Template, Templates, World},
};

const SETTINGS_FILE: &str = "grayghost.toml";

/// A model whose configuration is known but not what it reads.
struct Draft {
    model: Model,
    doc: Option<DocEntry>,
}

/// See [`Project::load`].
pub(crate) fn load(root: &Path) -> Result<Project, ModelError> {
    if !root.join(SETTINGS_FILE).is_file() {
        return Err(ModelError::NoProject { dir: root.to_owned() });
    }
    let settings = read_settings(root)?;
    let (sources, source_paths) = read_sources(root)?;
    let macros = files::read_all(root, "macros", &["jinja", "j2", "sql"])?;
    let open = Templates::new(&macros, world(&settings, &sources, None))?;
    let mut entries = entries::read_all(&files::read_all(root, "models", &["yml", "yaml"])?)?;
    let drafts = read_drafts(root, &open, &mut entries)?;

    let owners = owners(&drafts, &sources, &source_paths)?;
    let names = names(&owners, &sources);
    let templates = open.with_world(world(&settings, &sources, Some(names.clone())));
    let mut project = Project {
        root: root.to_owned(),
        settings,
        sources,
        models: BTreeMap::new(),
        docs: BTreeMap::new(),
        graph: Graph::default(),
        templates,
        doc_paths: BTreeMap::new(),
        source_paths,
        looked_at: BTreeMap::new(),
    };
    for draft in drafts.into_iter().filter(|draft| draft.model.config.enabled != Some(false)) {
        add_model(&mut project, draft, &names)?;
    }
    for entry in entries {
        add_doc(&mut project, &entry, &owners, &names)?;
    }
    project.graph = graph(&project, &owners)?;
    Ok(project)
}

fn read_settings(root: &Path) -> Result<Settings, ModelError> {
    let file = files::read(root, Path::new(SETTINGS_FILE))?;
    settings::read(&file.text).map_err(|source| ModelError::Settings { file: file.path, source })
}

type Sources = BTreeMap<String, Source>;

fn read_sources(root: &Path) -> Result<(Sources, BTreeMap<String, PathBuf>), ModelError> {
    let (mut sources, mut paths) = (Sources::new(), BTreeMap::<String, PathBuf>::new());
    for TextFile { path, text } in files::read_all(root, "sources", &["yml", "yaml"])? {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let source = source::read(&text, &name).map_err(|source| ModelError::Source { file: path.clone(), source })?;
        if let Some(first) = paths.insert(name.clone(), path.clone()) {
            return Err(duplicate(&name, &first, &path));
        }
        sources.insert(name, source);
    }
    Ok((sources, paths))
}

fn duplicate(name: &str, first: &Path, second: &Path) -> ModelError {
    let shown = |path: &Path| path.to_string_lossy().replace('\\', "/");
    ModelError::DuplicateModel { name: name.to_owned(), first: shown(first), second: shown(second) }
}

fn world(settings: &Settings, sources: &Sources, names: Option<Names>) -> World {
    World {
        names_are_open: names.is_none(),
        names: names.unwrap_or_default(),
        vars: settings.vars.clone(),
        meta: sources.iter().map(|(name, source)| (name.clone(), source.meta.clone())).collect(),
    }
}

/// Every SQL file with its configuration; takes its YAML out of `entries`.
fn read_drafts(root: &Path, open: &Templates, entries: &mut Vec<DocEntry>) -> Result<Vec<Draft>, ModelError> {
    let mut drafts: Vec<Draft> = Vec::new();
    for TextFile { path, text } in files::read_all(root, "models", &["sql"])? {
        let name = entries::asset_of(&path)?;
        if let Some(other) = drafts.iter().find(|draft| draft.model.name.name == name.name) {
            return Err(duplicate(&name.name, &other.model.path, &path));
        }
        let doc = entries.iter().position(|entry| entry.is_about(&name)).map(|at| entries.remove(at));
        let mut model = Model {
            name,
            path,
            template: text,
            config: Config::default(),
            doc: ModelDoc::default(),
            reads: Vec::new(),
            reads_changes: Vec::new(),
        };
        model.config = read_config(open, &model, doc.as_ref())?;
        drafts.push(Draft { model, doc });
    }
    Ok(drafts)
}

fn template(model: &Model) -> Template<'_> {
    Template { file: &model.path, first_line: 1, text: &model.template, this: &model.name }
}

/// `config()` as it is called in either mode, over the YAML's `config:`.
fn read_config(open: &Templates, model: &Model, doc: Option<&DocEntry>) -> Result<Config, ModelError> {
    let layer = &model.name.layer;
    let block = doc.map(|doc| doc.text.config(layer).map_err(|mistakes| doc.wrong(mistakes))).transpose()?.flatten();
    let mut called = open.render(template(model), RenderMode::Full)?.1.config;
    if called.get("materialized").is_some_and(|word| word == "incremental") {
        called.extend(open.render(template(model), RenderMode::Incremental)?.1.config);
    }
    let sql = config_node(&model.template, &called);
    let merged = config::merge(block.as_ref(), &sql, layer);
    let mut config = merged.map_err(|source| ModelError::Config { file: model.path.clone(), source })?;
    for tag in doc.map(|doc| doc.text.tags()).into_iter().flatten() {
        if !config.tags.contains(&tag) {
            config.tags.push(tag);
        }
    }
    Ok(config)
}

/// What `config()` was called with, each key at the line where it is written.
fn config_node(template: &str, called: &serde_json::Map<String, serde_json::Value>) -> Node {
    let start = template.find("config(").unwrap_or(0);
    let line = line_of(template, start);
    let line_of_key = |key: &str| {
        let pattern = format!(r"\b{}\s*=", regex::escape(key));
        let found = regex::Regex::new(&pattern).ok().and_then(|regex| regex.find_at(template, start));
        found.map_or(line, |found| line_of(template, found.start()))
    };
    let entry = |(key, value): (&String, &serde_json::Value)| {
        let line = line_of_key(key);
        Entry { key: key.clone(), line, node: Node::from_json(value, line) }
    };
    Node::new(line, Value::Map(called.iter().map(entry).collect()))
}

/// Every asset with what makes it and the file that says so.
type Owners = BTreeMap<AssetName, (AssetKind, PathBuf)>;

fn owners(drafts: &[Draft], sources: &Sources, source_paths: &BTreeMap<String, PathBuf>) -> Result<Owners, ModelError> {
    let tables = sources.iter().map(|(name, source)| {
        (source.table.clone(), AssetKind::Source, source_paths.get(name).cloned().unwrap_or_default())
    });
    let enabled = || drafts.iter().map(|draft| &draft.model).filter(|model| model.config.enabled != Some(false));
    let models = enabled().map(|model| (model.name.clone(), AssetKind::Model, model.path.clone()));
    let rejects =
        enabled().filter_map(|model| Some((model.config.rejects.clone()?, AssetKind::Rejects, model.path.clone())));
    let (mut owners, mut taken) = (Owners::new(), BTreeMap::<String, PathBuf>::new());
    for (asset, kind, path) in tables.chain(models).chain(rejects) {
        if let Some(first) = taken.insert(asset.name.clone(), path.clone()) {
            return Err(duplicate(&asset.name, &first, &path));
        }
        owners.insert(asset, (kind, path));
    }
    Ok(owners)
}

fn names(owners: &Owners, sources: &Sources) -> Names {
    Names::new(
        owners.keys().map(|asset| (asset.name.clone(), asset.clone())).collect(),
        sources.iter().map(|(name, source)| (name.clone(), source.table.clone())).collect(),
    )
}

fn add_model(project: &mut Project, draft: Draft, names: &Names) -> Result<(), ModelError> {
    let Draft { mut model, doc } = draft;
    let mut logs = vec![project.templates.render(template(&model), RenderMode::Full)?.1];
    if model.config.materialized == Materialization::Incremental {
        logs.push(project.templates.render(template(&model), RenderMode::Incremental)?.1);
    }
    for Log { reads, reads_changes, .. } in logs {
        add_new(&mut model.reads, reads);
        add_new(&mut model.reads_changes, reads_changes);
    }
    if let Some(entry) = doc {
        let read = entry.text.read(names, model.config.rejects.is_some());
        model.doc = read.map_err(|mistakes| entry.wrong(mistakes))?;
        note_rules(project, &model.name, &model.doc, &entry)?;
    }
    project.models.insert(model.name.clone(), model);
    Ok(())
}

fn add_new(all: &mut Vec<AssetName>, more: Vec<AssetName>) {
    for asset in more {
        if !all.contains(&asset) {
            all.push(asset);
        }
    }
}

/// Renders the custom SQL of the rules once, so that its mistakes show now, and notes whom the rules look at.
fn note_rules(project: &mut Project, asset: &AssetName, doc: &ModelDoc, entry: &DocEntry) -> Result<(), ModelError> {
    let mut looked_at = BTreeSet::new();
    for rule in &doc.expectations {
        looked_at.extend(rule.kind.other_asset().cloned());
        if let crate::ExpectationKind::CustomSql { sql } = &rule.kind {
            let template = Template { file: &entry.file, first_line: rule.line, text: sql, this: asset };
            looked_at.extend(project.templates.render(template, RenderMode::Full)?.1.reads);
        }
    }
    looked_at.remove(asset);
    if !looked_at.is_empty() {
        project.looked_at.insert(asset.clone(), looked_at);
    }
    project.doc_paths.insert(asset.clone(), entry.file.clone());
    Ok(())
}

/// YAML that no SQL file stands beside: it may speak about a rejects table or a bronze table.
fn add_doc(project: &mut Project, entry: &DocEntry, owners: &Owners, names: &Names) -> Result<(), ModelError> {
    let about = owners.iter().find(|(asset, _)| entry.is_about(asset));
    let Some((asset, (kind, _))) = about else {
        return Err(entry.wrong_here(nobody(entry, owners)));
    };
    if *kind == AssetKind::Model || project.docs.contains_key(asset) {
        return Err(entry.wrong_here(format!("`{asset}` is described twice")));
    }
    let doc = entry.text.read(names, false).map_err(|mistakes| entry.wrong(mistakes))?;
    if let Some(source) = project.source_of_table(asset) {
        check_columns(source, asset, &doc, entry)?;
    }
    note_rules(project, asset, &doc, entry)?;
    project.docs.insert(asset.clone(), doc);
    Ok(())
}

fn nobody(entry: &DocEntry, owners: &Owners) -> String {
    let hint = nearest(&entry.name, owners.keys().map(|asset| asset.name.as_str())).filter(|near| *near != entry.name);
    let hint = hint.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    match &entry.layer {
        Some(layer) => {
            format!("no model, rejects table or source table `{layer}.{}` goes with this file{hint}", entry.name)
        }
        None => format!("no model, rejects table or source table `{}`{hint}", entry.name),
    }
}

/// The columns of a bronze table are all known, those of a model only to the planner.
fn check_columns(source: &Source, asset: &AssetName, doc: &ModelDoc, entry: &DocEntry) -> Result<(), ModelError> {
    let known: Vec<&str> = source.columns.iter().map(|column| column.name.as_str()).chain(TECHNICAL_COLUMNS).collect();
    let documented = doc.columns.iter().map(|column| (column.name.as_str(), entry.line));
    let in_rules = doc
        .expectations
        .iter()
        .flat_map(|rule| rule.kind.columns().into_iter().map(|column| (column, rule.line)).collect::<Vec<_>>());
    for (column, line) in documented.chain(in_rules) {
        if !known.contains(&column) {
            return Err(ModelError::UnknownColumn {
                file: entry.file.clone(),
                line,
                asset: Box::new(asset.clone()),
                column: column.to_owned(),
                nearest: nearest(column, known.iter().copied()),
            });
        }
    }
    Ok(())
}

fn graph(project: &Project, owners: &Owners) -> Result<Graph, ModelError> {
    let nodes: BTreeMap<_, _> = owners.iter().map(|(asset, (kind, _))| (asset.clone(), *kind)).collect();
    let mut edges = Vec::new();
    for model in project.models.values() {
        edges.extend(model.reads.iter().map(|read| (read.clone(), model.name.clone())));
        edges.extend(model.config.rejects.iter().map(|rejects| (model.name.clone(), rejects.clone())));
    }
    let wishes: Vec<_> = project
        .looked_at
        .iter()
        .flat_map(|(asset, others)| others.iter().map(|other| (other.clone(), asset.clone())))
        .collect();
    Graph::new(&nodes, &edges, &wishes)
}
