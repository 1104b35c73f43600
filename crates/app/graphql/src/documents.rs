//! Documents that are known by a name or a hash: those an operator has registered, and those that callers have sent before.
//!
//! Sources: Apollo, "Automatic persisted queries"; GraphQL over HTTP, "Persisted documents" (`documentId`). Invariants: a
//! hash stands for exactly the bytes it was made of; what callers add is bounded, and never takes the place of what is
//! registered.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, sync::Arc};

use moka::sync::Cache;
use ring::digest;
use serde::Deserialize;

use crate::{GraphqlError, GraphqlSettings};

/// Prefix of a hash in `documentId`.
const SHA256: &str = "sha256:";

/// The part of a request's `extensions` that is read.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Extensions {
    #[serde(rename = "persistedQuery")]
    persisted: Option<Persisted>,
}

#[derive(Debug, Deserialize)]
struct Persisted {
    #[serde(rename = "sha256Hash")]
    hash: String,
}

/// What is known.
#[derive(Debug)]
pub(crate) struct Documents {
    kept: Cache<String, Arc<str>>,
    /// By name and by hash.
    registered: BTreeMap<String, Arc<str>>,
    only_registered: bool,
}

impl Documents {
    /// # Errors
    /// [`GraphqlError::BadRegistered`] for a folder or a file that cannot be read.
    pub(crate) fn open(settings: &GraphqlSettings) -> Result<Self, GraphqlError> {
        let registered = settings.documents.as_deref().map(read).transpose()?.unwrap_or_default();
        let weight = |hash: &String, text: &Arc<str>| u32::try_from(hash.len() + text.len()).unwrap_or(u32::MAX);
        let kept = Cache::builder().weigher(weight).max_capacity(settings.kept_document_bytes.into()).build();
        Ok(Self { kept, registered, only_registered: settings.only_registered })
    }

    /// All registered documents, with a name of each.
    pub(crate) fn registered(&self) -> impl Iterator<Item = (&String, &Arc<str>)> {
        self.registered.iter()
    }

    /// The document that a request is about.
    pub(crate) fn find(
        &self,
        query: Option<String>,
        id: Option<&str>,
        extensions: &Extensions,
    ) -> Result<Arc<str>, GraphqlError> {
        let hash = extensions.persisted.as_ref().map(|persisted| persisted.hash.to_ascii_lowercase());
        let name = id.map(|id| id.strip_prefix(SHA256).unwrap_or(id));
        match (query, name.or(hash.as_deref())) {
            (Some(query), None) => self.permitted(query),
            (Some(query), Some(given)) if hash_of(&query) == given => {
                let query = self.permitted(query)?;
                self.kept.insert(given.to_owned(), Arc::clone(&query));
                Ok(query)
            }
            (Some(_), Some(_)) => Err(GraphqlError::WrongHash),
            (None, Some(given)) => {
                let kept = || if self.only_registered { None } else { self.kept.get(given) };
                self.registered.get(given).cloned().or_else(kept).ok_or(GraphqlError::UnknownDocument)
            }
            (None, None) => {
                Err(GraphqlError::BadRequest { why: "`query` is missing, and so is the hash of one".to_owned() })
            }
        }
    }

    fn permitted(&self, query: String) -> Result<Arc<str>, GraphqlError> {
        if self.only_registered && !self.registered.contains_key(&hash_of(&query)) {
            return Err(GraphqlError::OnlyRegistered);
        }
        Ok(query.into())
    }
}

fn read(folder: &Path) -> Result<BTreeMap<String, Arc<str>>, GraphqlError> {
    let bad = |path: &Path, why: &dyn ToString| GraphqlError::BadRegistered {
        file: path.display().to_string(),
        why: why.to_string(),
    };
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| bad(folder, &error))? {
        let path = entry.map_err(|error| bad(folder, &error))?.path();
        if path.extension().is_none_or(|kind| kind != "graphql") {
            continue;
        }
        let text: Arc<str> = fs::read_to_string(&path).map_err(|error| bad(&path, &error))?.into();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        all.insert(hash_of(&text), Arc::clone(&text));
        all.insert(name, text);
    }
    Ok(all)
}

/// SHA-256 in hexadecimal digits.
fn hash_of(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_that_of_the_bytes() {
        // FIPS 180-2, B.1.
        assert_eq!(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn callers_cannot_keep_more_than_is_bounded() {
        let settings = GraphqlSettings { kept_document_bytes: 1_000, ..GraphqlSettings::default() };
        let documents = Documents::open(&settings).unwrap();
        for number in 0..1_000 {
            let query = format!("{{ field{number} }}");
            let persisted = Some(Persisted { hash: hash_of(&query) });
            documents.find(Some(query), None, &Extensions { persisted }).unwrap();
        }
        documents.kept.run_pending_tasks();
        let count = documents.kept.entry_count();
        assert!((1..=14).contains(&count), "{count}");
    }
}
