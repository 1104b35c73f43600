//! What is to be written, held in memory until all of it is known to be right; then all of it or nothing.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use crate::scan::scan;

/// Changes of a tree, by path relative to its root.
pub(super) struct Plan {
    root: PathBuf,
    texts: BTreeMap<String, String>,
}

impl Plan {
    pub(super) fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), texts: BTreeMap::new() }
    }

    pub(super) fn exists(&self, path: &str) -> bool {
        self.texts.contains_key(path) || self.root.join(path).exists()
    }

    /// The text as it will be; `None` where there is no such file.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        self.texts.get(path).cloned().or_else(|| fs::read_to_string(self.root.join(path)).ok())
    }

    pub(super) fn put(&mut self, path: String, text: String) {
        self.texts.insert(path, text);
    }

    /// Names in a folder, sorted.
    pub(super) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().filter_map(Result::ok);
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Writes every file beside its place, then puts all in their places. What fails before leaves nothing behind; what fails
    /// while they are put is taken back.
    pub(super) fn store(self) -> Result<Vec<PathBuf>> {
        if let Some((path, _)) = self.texts.iter().find(|(_, text)| scan(text, false).is_err()) {
            bail!(
                "{path} would no longer read as Rust; nothing was written. Correct what stands there, then call it again"
            );
        }
        let mut steps: Vec<Step> =
            self.texts.iter().map(|(path, text)| Step::new(&self.root.join(path), text)).collect();
        let made = steps.iter_mut().try_for_each(Step::prepare).and_then(|()| steps.iter_mut().try_for_each(Step::put));
        if made.is_err() {
            steps.iter().rev().for_each(Step::undo);
        }
        made.context("could not write the files; nothing was changed")?;
        Ok(steps.into_iter().map(|step| step.path).collect())
    }
}

struct Step {
    path: PathBuf,
    beside: PathBuf,
    text: String,
    before: Option<String>,
    is_put: bool,
    /// The folder that was made for it.
    folder: Option<PathBuf>,
}

impl Step {
    fn new(path: &Path, text: &str) -> Self {
        let (path, beside) = (path.to_owned(), path.with_extension("rs.new"));
        Self { path, beside, text: text.to_owned(), before: None, is_put: false, folder: None }
    }

    fn prepare(&mut self) -> io::Result<()> {
        self.before = fs::read_to_string(&self.path).ok();
        if let Some(folder) = self.path.parent().filter(|folder| !folder.exists()) {
            fs::create_dir(folder)?;
            self.folder = Some(folder.to_owned());
        }
        fs::write(&self.beside, &self.text)
    }

    fn put(&mut self) -> io::Result<()> {
        fs::rename(&self.beside, &self.path)?;
        self.is_put = true;
        Ok(())
    }

    /// As far as it goes: whoever could not write may not be able to delete.
    fn undo(&self) {
        let _ = fs::remove_file(&self.beside);
        let _ = match (&self.before, self.is_put) {
            (Some(before), true) => fs::write(&self.path, before),
            (None, true) => fs::remove_file(&self.path),
            (_, false) => Ok(()),
        };
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_nothing_behind_whether_before_or_while_files_are_put() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.rs"), "mod a;\n").unwrap();
        fs::write(root.path().join("file"), "").unwrap();
        fs::create_dir_all(root.path().join("z.rs/full")).unwrap();
        for obstacle in ["file/below.rs", "z.rs"] {
            let mut plan = Plan::of(root.path());
            for path in ["a.rs", "new/b.rs", obstacle] {
                plan.put(path.to_owned(), "mod b;\n".to_owned());
            }
            assert!(plan.store().is_err(), "{obstacle}");
            assert_eq!(Plan::of(root.path()).names(""), ["a.rs", "file", "z.rs"], "{obstacle}");
            assert_eq!(fs::read_to_string(root.path().join("a.rs")).unwrap(), "mod a;\n", "{obstacle}");
        }
    }

    #[test]
    fn what_would_not_read_as_rust_is_not_written() {
        let root = tempfile::tempdir().unwrap();
        let mut plan = Plan::of(root.path());
        plan.put("a.rs".to_owned(), "mod a {".to_owned());
        assert!(plan.store().unwrap_err().to_string().contains("would no longer read as Rust"));
        assert_eq!(Plan::of(root.path()).names(""), Vec::<String>::new());
    }
}
