//! The tree as text: every file of the repository that a person may read, loaded once.
//!
//! In a clone the list comes from git, so that ignored folders (builds, demo output) are not judged; elsewhere
//! (the planted trees of our own tests) every file counts.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// Bigger files are data, not text that a person reads.
const MAX_TEXT_BYTES: u64 = 2 * 1024 * 1024;

/// One text file.
#[derive(Debug, Clone)]
pub struct TextFile {
    /// Relative to the root, with `/` between its parts.
    pub path: String,
    /// Its content.
    pub text: String,
}

impl TextFile {
    /// Lines with their numbers, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The name's end after its last dot; empty where there is none.
    pub fn extension(&self) -> &str {
        Path::new(&self.path).extension().and_then(|end| end.to_str()).unwrap_or_default()
    }

    /// A violation in this file.
    pub(crate) fn violation(&self, line: usize, rule: &'static str, text: impl Into<String>) -> Violation {
        Violation { path: self.path.clone(), line, rule, text: text.into() }
    }
}

/// A repository.
#[derive(Debug)]
pub struct Tree {
    /// Its text files, in order of their paths.
    pub files: Vec<TextFile>,
    root: PathBuf,
}

impl Tree {
    /// Loads every text file below `root`.
    ///
    /// # Errors
    /// If a folder or a file cannot be read, or git cannot list the files of a clone.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut paths = if root.join(".git").exists() { listed_by_git(root)? } else { listed_by_walk(root)? };
        paths.sort_unstable();
        paths.dedup();
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            if let Some(text) = read_text(&root.join(&path))? {
                files.push(TextFile { path, text });
            }
        }
        Ok(Self { files, root: root.to_owned() })
    }

    /// Whether a file or a folder is there, text or not.
    #[must_use]
    pub fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// The Rust sources.
    pub fn rust(&self) -> impl Iterator<Item = &TextFile> {
        self.files.iter().filter(|file| file.extension() == "rs")
    }
}

fn listed_by_git(root: &Path) -> io::Result<Vec<String>> {
    // A clone that somebody else made (a mounted folder in a container) is read all the same: nothing of it is run.
    let output = Command::new("git")
        .args(["-c", "safe.directory=*", "-C"])
        .arg(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let names = String::from_utf8_lossy(&output.stdout);
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

fn listed_by_walk(root: &Path) -> io::Result<Vec<String>> {
    let (mut found, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = format!("{folder}{}", entry.file_name().to_string_lossy());
            match entry.file_type()? {
                kind if kind.is_dir() && path != "target" => folders.push(path + "/"),
                kind if kind.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    Ok(found)
}

/// `None` for what is no text: too big, not UTF-8, a link, or deleted while git still lists it.
fn read_text(path: &Path) -> io::Result<Option<String>> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() <= MAX_TEXT_BYTES => Ok(String::from_utf8(fs::read(path)?).ok()),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A broken rule, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Relative to the root.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// The rule's name, one word.
    pub rule: &'static str,
    /// What is wrong, and what to do.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.text)
    }
}
