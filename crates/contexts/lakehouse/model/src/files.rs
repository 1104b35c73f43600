//! The text files of a project folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::ModelError;

/// Longer files are no models or settings; reading one by accident must not fill the memory.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// Folders below `models/`; a link that leads back into itself ends here.
const MAX_DEPTH: usize = 16;

/// One text file.
#[derive(Debug, Clone)]
pub(crate) struct TextFile {
    /// Relative to the project.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// A file of the project.
///
/// # Errors
/// [`ModelError::Io`]; text that is not UTF-8 and files over 4 MiB are refused, too.
pub(crate) fn read(root: &Path, relative: &Path) -> Result<TextFile, ModelError> {
    let read = || {
        let path = root.join(relative);
        if fs::metadata(&path)?.len() > MAX_FILE_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than 4 MiB"));
        }
        fs::read_to_string(path)
    };
    let text = read().map_err(|source| ModelError::Io { action: "read", path: relative.to_owned(), source })?;
    // A byte order mark is no part of the text.
    let text = text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text);
    Ok(TextFile { path: relative.to_owned(), text })
}

/// All files below `folder` with one of the `extensions`, in the order of their paths. No folder means no files;
/// names that begin with a dot are left out.
///
/// # Errors
/// [`ModelError::Io`].
pub(crate) fn read_all(root: &Path, folder: &str, extensions: &[&str]) -> Result<Vec<TextFile>, ModelError> {
    let mut paths = Vec::new();
    list(root, Path::new(folder), MAX_DEPTH, &mut paths)?;
    paths.sort();
    let wanted = |path: &PathBuf| path.extension().and_then(|e| e.to_str()).is_some_and(|e| extensions.contains(&e));
    paths.into_iter().filter(wanted).map(|path| read(root, &path)).collect()
}

fn list(root: &Path, folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), ModelError> {
    let failed = |source| ModelError::Io { action: "list", path: folder.to_owned(), source };
    let entries = match fs::read_dir(root.join(folder)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        let path = folder.join(&name);
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        if root.join(&path).is_dir() {
            if depth > 0 {
                list(root, &path, depth - 1, found)?;
            }
        } else {
            found.push(path);
        }
    }
    Ok(())
}
