//! What a context must have before it can have a use case, and where a new one is mentioned in it.

use anyhow::{Context as _, Result, bail};

use super::{
    Kind,
    name::{pascal, snake},
    plan::Plan,
    source::{has_word, with_module, with_use},
};

const CONTEXTS: &str = "crates/contexts";

/// A context whose front door is there.
#[derive(Debug)]
pub(super) struct Context {
    name: String,
    /// Of the crate with its front door.
    pub(super) folder: String,
}

impl Context {
    pub(super) fn find(plan: &Plan, name: &str) -> Result<Self> {
        let folders = [format!("{CONTEXTS}/{name}"), format!("{CONTEXTS}/{name}/front")];
        let Some(folder) = folders.into_iter().find(|folder| plan.exists(&format!("{folder}/src/lib.rs"))) else {
            let known = plan.names(CONTEXTS).join(", ");
            bail!("there is no context `{name}`; write one of: {known}");
        };
        let door = pascal(name);
        let text = plan.text(&format!("{folder}/src/lib.rs")).unwrap_or_default();
        if !text.contains(&format!("pub struct {door} {{")) {
            bail!("{folder}/src/lib.rs has no front door; write `pub struct {door} {{ log: EventLog }}` first");
        }
        if !text.contains("log: EventLog") {
            bail!("`{door}` in {folder}/src/lib.rs has no event log; give it a field `log: EventLog` first");
        }
        let errors = plan.text(&format!("{folder}/src/error.rs")).unwrap_or_default();
        if !has_word(&errors, &format!("{door}Error")) {
            bail!(
                "{folder}/src/error.rs has no `{door}Error`; write it first, with `#[from]` for `Forbidden` and `LogError`"
            );
        }
        Ok(Self { name: name.to_owned(), folder })
    }

    /// Words of the aggregate that a command changes: its type, its name, its id and where that comes from.
    pub(super) fn aggregate(&self, plan: &Plan, wanted: Option<&str>) -> Result<Vec<(&'static str, String)>> {
        let domain = format!("{}/src/domain", self.folder);
        let names: Vec<String> = plan
            .names(&domain)
            .iter()
            .filter_map(|file| file.strip_suffix(".rs"))
            .filter(|file| *file != "mod")
            .map(pascal)
            .collect();
        let aggregate = match (wanted.map(|wanted| pascal(&snake(wanted))), names.as_slice()) {
            (Some(wanted), names) if names.contains(&wanted) => wanted,
            (None, [only]) => only.clone(),
            (_, []) => bail!(
                "{domain} has no aggregate; write it first, with its events and rules (CONTRIBUTING.md shows how)"
            ),
            _ => bail!("say which aggregate it changes: --aggregate {}", names.join("|")),
        };
        let text = plan.text(&format!("{domain}/{}.rs", snake(&aggregate))).unwrap_or_default();
        let module = plan.text(&format!("{domain}/mod.rs")).unwrap_or_default();
        if let Some(name) = [aggregate.as_str(), "Refusal"].into_iter().find(|name| !has_word(&module, name)) {
            bail!("{domain}/mod.rs does not give out `{name}`; add it to its `pub(crate) use`");
        }
        let id = text.lines().find_map(|line| line.trim().strip_prefix("type Id = ")?.strip_suffix(';'));
        let id = id.with_context(|| {
            format!("`{aggregate}` in {domain} has no `type Id = ..;`; write `impl Aggregate` first")
        })?;
        let path = self.path_of(plan, id)?;
        Ok(vec![("aggregate", snake(&aggregate)), ("Aggregate", aggregate), ("Id", id.to_owned()), ("id_path", path)])
    }

    fn path_of(&self, plan: &Plan, id: &str) -> Result<String> {
        let places = [
            (format!("crates/contracts/src/{}.rs", self.name), format!("contracts::{}", self.name)),
            ("crates/kernel/src/lib.rs".to_owned(), "kernel".to_owned()),
            (format!("{}/src/domain/mod.rs", self.folder), "crate::domain".to_owned()),
            (format!("{}/src/lib.rs", self.folder), "crate".to_owned()),
        ];
        let place = places.iter().find(|(file, _)| plan.text(file).is_some_and(|text| has_word(&text, id)));
        let (_, path) = place
            .with_context(|| format!("could not find `{id}`; declare it in crates/contracts/src/{}.rs", self.name))?;
        Ok(format!("{path}::{id}"))
    }

    /// Refuses where the crate lacks what the new file uses.
    pub(super) fn needs(&self, plan: &Plan, kind: Kind) -> Result<()> {
        let manifest = format!("{}/Cargo.toml", self.folder);
        let text = plan.text(&manifest).unwrap_or_default();
        let needed: &[&str] = match kind {
            Kind::Command => &["eventlog", "kernel", "tracing"],
            Kind::Query => &["eventlog", "kernel", "serde", "sql", "tracing"],
        };
        let has = |name: &str| text.lines().any(|line| line.split(['.', ' ', '=']).next() == Some(name));
        let missing: Vec<String> =
            needed.iter().filter(|name| !has(name)).map(|name| format!("`{name}.workspace = true`")).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            bail!("add to [dependencies] of {manifest} first: {}", missing.join(", "))
        }
    }

    /// `mod` and `pub use` lines in the folder's `mod.rs` and in `lib.rs`.
    pub(super) fn mention(&self, plan: &mut Plan, folder: &str, (module, public): (&str, &str)) -> Result<()> {
        let header = match folder {
            "commands" => "//! What one can ask this context to do. One file per command.\n",
            _ => "//! What one can ask this context to tell. One file per question.\n",
        };
        let path = format!("{}/src/{folder}/mod.rs", self.folder);
        let text = plan.text(&path).unwrap_or_else(|| header.to_owned());
        plan.put(path, with_use(&with_module(&text, module), module, public));
        let door = format!("{}/src/lib.rs", self.folder);
        let text = plan.text(&door).with_context(|| format!("could not read {door}"))?;
        plan.put(door, with_use(&with_module(&text, folder), folder, public));
        Ok(())
    }
}
