//! Folders of JSON files that are named `<Event>.v<N>.json`.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// One event type under one schema version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) kind: String,
    pub(super) version: u16,
}

impl Name {
    fn parse(file: &str) -> Option<Self> {
        let (kind, version) = file.strip_suffix(".json")?.rsplit_once(".v")?;
        Some(Self { kind: kind.to_owned(), version: version.parse().ok()? })
    }

    fn file(&self) -> String {
        format!("{}.v{}.json", self.kind, self.version)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` version {}", self.kind, self.version)
    }
}

/// What is committed in one folder.
pub(super) struct Folder {
    path: PathBuf,
    texts: BTreeMap<Name, String>,
}

impl Folder {
    /// The folder of schemas of this stream: below the nearest `docs/reference`, from the crate upwards.
    pub(super) fn of_schemas(of_crate: &Path, stream: &str) -> Self {
        let reference = of_crate.ancestors().map(|each| each.join("docs/reference")).find(|each| each.is_dir());
        Self::at(&reference.expect("a folder docs/reference above the crate").join("events").join(stream))
    }

    /// A folder that is not there is empty.
    pub(super) fn at(path: &Path) -> Self {
        let entries = fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
        let texts = entries.map(|entry| {
            let file = entry.file_name().to_string_lossy().into_owned();
            let name =
                Name::parse(&file).unwrap_or_else(|| panic!("{file} in {} is no <Event>.v<N>.json", path.display()));
            (name, fs::read_to_string(entry.path()).expect("read"))
        });
        Self { texts: texts.collect(), path: path.to_owned() }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &Name> {
        self.texts.keys()
    }

    pub(super) fn get(&self, name: &Name) -> Option<Value> {
        let text = self.texts.get(name)?;
        Some(serde_json::from_str(text).unwrap_or_else(|error| panic!("{} is no JSON: {error}", name.file())))
    }

    /// Whether the file has exactly this.
    pub(super) fn is(&self, name: &Name, value: &Value) -> bool {
        self.texts.get(name) == Some(&text(value))
    }

    pub(super) fn write(&mut self, name: &Name, value: &Value) {
        fs::create_dir_all(&self.path).expect("a folder");
        fs::write(self.path.join(name.file()), text(value)).expect("written");
        self.texts.insert(name.clone(), text(value));
    }
}

fn text(value: &Value) -> String {
    format!("{value:#}\n")
}
