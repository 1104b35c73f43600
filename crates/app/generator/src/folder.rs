//! The folder that is written: nobody else's files are touched, and nothing half-written gets a final name.
//!
//! *Invariant*: files are written under temporary names and renamed when all are complete, the manifest last.
//! A run that dies between two renames leaves the temporary manifest behind, by which the next run knows the folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{
    error::GenerateError,
    manifest::{FileEntry, Manifest},
    sink::{Dialect, Sink, hexadecimal},
};

const MANIFEST: &str = "manifest.json";
const TEMPORARY_START: &str = ".grayghost-";
const TEMPORARY_END: &str = ".part";

/// An output folder that may be written. Dropping it before [`Folder::publish`] removes what was begun.
pub(crate) struct Folder {
    dir: PathBuf,
    /// The folder was made by us, and goes again when nothing comes of it.
    created: bool,
    begun: Vec<&'static str>,
    published: bool,
}

impl Folder {
    /// Makes the folder, or checks that it holds nothing but what an earlier run wrote.
    pub(crate) fn open(dir: &Path) -> Result<Self, GenerateError> {
        let created = match fs::read_dir(dir) {
            Ok(entries) => {
                let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
                let names = names.collect::<io::Result<Vec<String>>>();
                check_ours(dir, names.map_err(|source| GenerateError::io("read", dir, source))?)?;
                false
            }
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(dir).map_err(|source| GenerateError::io("create", dir, source))?;
                true
            }
            Err(source) => return Err(GenerateError::io("read", dir, source)),
        };
        Ok(Self { dir: dir.to_path_buf(), created, begun: Vec::new(), published: false })
    }

    /// Begins a table.
    pub(crate) fn begin(&mut self, name: &'static str, dialect: Dialect) -> Result<Sink, GenerateError> {
        self.begun.push(name);
        Sink::create(name, &self.temporary(name), dialect)
    }

    /// Writes a JSON document.
    pub(crate) fn document(
        &mut self,
        name: &'static str,
        content: &impl serde::Serialize,
    ) -> Result<FileEntry, GenerateError> {
        self.begun.push(name);
        let path = self.temporary(name);
        let failed = |source| GenerateError::io("write", &path, source);
        let mut text = serde_json::to_vec_pretty(content).map_err(|source| failed(source.into()))?;
        text.push(b'\n');
        fs::write(&path, &text).and_then(|()| fs::File::open(&path)?.sync_all()).map_err(failed)?;
        let sha256 = hexadecimal(&Sha256::digest(&text));
        Ok(FileEntry { name: name.to_owned(), rows: None, bytes: text.len() as u64, sha256 })
    }

    /// Gives every file its final name.
    pub(crate) fn publish(mut self, manifest: &Manifest) -> Result<(), GenerateError> {
        self.document(MANIFEST, manifest)?;
        for name in &self.begun {
            let path = self.dir.join(name);
            fs::rename(self.temporary(name), &path).map_err(|source| GenerateError::io("rename", &path, source))?;
        }
        self.published = true;
        Ok(())
    }

    fn temporary(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{TEMPORARY_START}{name}{TEMPORARY_END}"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.published {
            return;
        }
        // The error that brought us here is the one to tell; failing to tidy up adds nothing to it.
        for name in &self.begun {
            let _ = fs::remove_file(self.temporary(name));
        }
        if self.created {
            let _ = fs::remove_dir(&self.dir);
        }
    }
}

/// An error when a name is neither temporary nor in an earlier manifest of ours.
fn check_ours(dir: &Path, mut names: Vec<String>) -> Result<(), GenerateError> {
    names.sort_unstable();
    let part = format!("{TEMPORARY_START}{MANIFEST}{TEMPORARY_END}");
    let known: Vec<String> = [MANIFEST, &part]
        .iter()
        .filter_map(|name| earlier(&dir.join(name)))
        .flat_map(|old| old.files)
        .map(|file| file.name)
        .collect();
    let ours = |name: &String| {
        (name.starts_with(TEMPORARY_START) && name.ends_with(TEMPORARY_END))
            || known.contains(name)
            || (name == MANIFEST && !known.is_empty())
    };
    match names.into_iter().find(|name| !ours(name)) {
        Some(found) => Err(GenerateError::NotEmpty { dir: dir.to_path_buf(), found }),
        None => Ok(()),
    }
}

/// A manifest that the generator wrote; `None` for anything else.
fn earlier(path: &Path) -> Option<Manifest> {
    let text = fs::read(path).ok()?;
    let manifest: Manifest = serde_json::from_slice(&text).ok()?;
    (manifest.generator == Manifest::GENERATOR).then_some(manifest)
}
