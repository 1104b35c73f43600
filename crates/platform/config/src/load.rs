//! From file, environment and flags to one configuration, or to all that is wrong with them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use crate::{
    Config, ConfigError, Mistake, Mistakes, Place, SECTIONS, Secrecy, Section, Setting, Spelling, Value, file,
    kind::Refusal, nearest::nearest, variables,
};

/// The settings file in the project's folder.
pub const FILE: &str = "grayghost.toml";

/// Names in the same places that belong to somebody else and are passed by.
#[derive(Debug, Clone, Copy, Default)]
pub struct Others<'a> {
    /// Top-level keys of the file.
    pub keys: &'a [&'a str],
    /// Environment variables; one that ends in `*` stands for all that begin so.
    pub variables: &'a [&'a str],
}

/// All that is given from outside, in rising precedence.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The project's folder: relative paths are seen from it.
    pub project: PathBuf,
    /// Name and text of the file; `None` where there is none.
    pub file: Option<(PathBuf, String)>,
    /// Name and value of every variable of the process.
    pub variables: Vec<(OsString, OsString)>,
    /// Flags with their dashes, and their values; of two that say the same the later holds.
    pub flags: Vec<(String, String)>,
}

impl Sources {
    /// Reads the file of a project; a folder without one has defaults only.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Unreadable`] when it is there and cannot be read.
    pub fn read(project: &Path) -> Result<Self, ConfigError> {
        let path = project.join(FILE);
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => Some((PathBuf::from(FILE), text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(ConfigError::Unreadable { path, source }),
        };
        Ok(Self { project: project.to_owned(), file, ..Self::default() })
    }
}

/// A configuration and where each value of it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// For `config show`: one row for each setting, in the order of the table.
    pub shown: Vec<Shown>,
}

/// The effective value of one setting, fit for every eye.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `section.key`.
    pub name: &'static str,
    /// As a flag would spell it, secrets masked; `None` where nothing was given and there is no default.
    pub value: Option<String>,
    /// Where it was given.
    pub place: Place,
}

/// A value that somebody wrote for a setting.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) setting: &'static Setting,
    pub(crate) place: Place,
}

/// What was read so far. Sources are read in rising precedence, so that the last value holds.
#[derive(Debug, Default)]
pub(crate) struct Read {
    values: BTreeMap<&'static str, (Place, Value)>,
    /// Settings that somebody gave a value that was refused.
    refused: BTreeSet<&'static str>,
    pub(crate) mistakes: Vec<Mistake>,
}

impl Read {
    pub(crate) fn take(&mut self, given: Given, parsed: Result<Value, Vec<Refusal>>) {
        let Given { setting, place } = given;
        match parsed {
            Ok(value) => drop(self.values.insert(setting.name, (place, value))),
            Err(refusals) => {
                self.refused.insert(setting.name);
                self.mistakes.extend(refusals.into_iter().map(|refusal| {
                    let wrong = match setting.secrecy {
                        Secrecy::Open => format!("`{}` {}", setting.name, refusal.wrong),
                        Secrecy::Secret => format!("`{}` cannot be used", setting.name),
                    };
                    Mistake { place: place.clone(), wrong, remedy: refusal.remedy }
                }));
            }
        }
    }

    fn shown(&self, setting: &'static Setting) -> Shown {
        let given = self.values.get(setting.name);
        let value = match given {
            Some((_, value)) => Some(setting.shown(value)),
            None => setting.default_value().map(|value| setting.shown(&value)),
        };
        Shown { name: setting.name, value, place: given.map_or(Place::Default, |(place, _)| place.clone()) }
    }
}

/// Reads everything, checks everything, and fills the structs. `others` names what is not ours to refuse.
///
/// # Errors
///
/// [`ConfigError::Invalid`] with every mistake of every source.
pub fn load(sources: &Sources, others: Others<'_>) -> Result<Loaded, ConfigError> {
    let mut read = read(SECTIONS, sources, others);
    let rows = || SECTIONS.iter().flat_map(|section| section.settings);
    let mut values: BTreeMap<&'static str, Value> =
        rows().filter_map(|row| row.default_value().map(|value| (row.name, value))).collect();
    values.extend(read.values.iter().map(|(name, (_, value))| (*name, value.clone())));
    let config = Config::fill(&values, &sources.project);
    if let Some(config) = &config {
        let broken = broken_rules(config, &read);
        read.mistakes.extend(broken);
    }
    match config {
        Some(config) if read.mistakes.is_empty() => {
            Ok(Loaded { config, shown: rows().map(|row| read.shown(row)).collect() })
        }
        _ => Err(ConfigError::Invalid { source: Mistakes(read.mistakes) }),
    }
}

/// Values and mistakes of one table, in the order of the sources.
fn read(sections: &'static [Section], sources: &Sources, others: Others<'_>) -> Read {
    let spellings = Spelling::all(sections);
    let mut read = Read::default();
    if let Some((path, text)) = &sources.file {
        file::read(path, text, sections, others.keys, &mut read);
    }
    variables::read(&sources.variables, &spellings, others.variables, &mut read);
    read_flags(&sources.flags, &spellings, &mut read);
    read
}

fn read_flags(flags: &[(String, String)], spellings: &[Spelling], read: &mut Read) {
    for (flag, text) in flags {
        let place = Place::Flag(flag.clone());
        if let Some(Spelling { setting, .. }) = spellings.iter().find(|spelling| spelling.is_flag(flag)) {
            read.take(Given { setting, place }, setting.kind.parse(text));
            continue;
        }
        let known = spellings.iter().flat_map(|known| [Some(&known.flag), known.short_flag.as_ref()]);
        let meant = nearest(flag, known.flatten().map(String::as_str));
        let remedy = meant.map_or_else(|| "remove it".to_owned(), |meant| format!("did you mean `{meant}`?"));
        read.mistakes.push(Mistake { place, wrong: "there is no such setting".to_owned(), remedy });
    }
}

/// Rules between settings, each told at the value that breaks it. A refused value says nothing about the others.
fn broken_rules(config: &Config, read: &Read) -> Vec<Mistake> {
    let (database, jobs) = (&config.database, &config.jobs);
    let gateway = &config.gateway;
    let half_a_pair = gateway.tls_certificate_file.is_some() != gateway.tls_key_file.is_some();
    let replicas_without_server = !database.read_urls.is_empty() && database.url.scheme() != "postgres";
    let rules = [
        (
            replicas_without_server,
            ["database.read_urls", "database.url"],
            "needs a PostgreSQL database",
            "give `database.url` a `postgres://` address, or remove the replicas",
        ),
        (
            jobs.poll_ms >= jobs.lease_ms,
            ["jobs.poll_ms", "jobs.lease_ms"],
            "is not shorter than `jobs.lease_ms`",
            "shorten the one or lengthen the other",
        ),
        (
            half_a_pair,
            ["gateway.tls_certificate_file", "gateway.tls_key_file"],
            "and `gateway.tls_key_file` go together, and one of them is missing",
            "name both files, or none",
        ),
    ];
    let broken = rules
        .iter()
        .filter(|(is_broken, names, ..)| *is_broken && !names.iter().any(|name| read.refused.contains(name)));
    broken
        .map(|(_, names, wrong, remedy)| Mistake {
            place: names
                .iter()
                .find_map(|name| read.values.get(name))
                .map_or(Place::Default, |(place, _)| place.clone()),
            wrong: format!("`{}` {wrong}", names[0]),
            remedy: (*remedy).to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
