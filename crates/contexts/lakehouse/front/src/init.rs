//! A new project from a built-in template.

use std::path::{Path, PathBuf};

use include_dir::{Dir, DirEntry, include_dir};
use kernel::{ProjectId, WorkspaceId};

use crate::LakehouseError;

static RETAIL: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../../../projects/retail");
/// The id that the template holds in place of a real one.
const PLACEHOLDER_ID: &str = "00000000-0000-0000-0000-000000000000";

/// Makes a project in a new or empty folder; gives the files written.
///
/// # Errors
/// [`LakehouseError::UnknownTemplate`], [`LakehouseError::NotEmpty`], [`LakehouseError::Io`].
pub fn init_project(dir: &Path, template: &str) -> Result<Vec<PathBuf>, LakehouseError> {
    if template != "retail" {
        return Err(LakehouseError::UnknownTemplate { name: template.to_owned() });
    }
    if std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(LakehouseError::NotEmpty { dir: dir.display().to_string() });
    }
    let name = dir.file_name().map_or_else(|| "retail".to_owned(), |name| name.to_string_lossy().into_owned());
    let mut written = Vec::new();
    copy(&RETAIL, dir, &name, &mut written)?;
    let state = dir.join(".grayghost");
    write(&state.join("workspace"), WorkspaceId::new().to_string().as_bytes())?;
    Ok(written)
}

fn copy(from: &Dir<'_>, to: &Path, name: &str, written: &mut Vec<PathBuf>) -> Result<(), LakehouseError> {
    for entry in from.entries() {
        let path = to.join(entry.path());
        match entry {
            DirEntry::Dir(inner) => copy(inner, to, name, written)?,
            DirEntry::File(file) => {
                let text = file.contents_utf8().unwrap_or_default();
                if entry.path() == Path::new("grayghost.toml") {
                    let text = text
                        .replace(PLACEHOLDER_ID, &ProjectId::new().to_string())
                        .replace("name = \"retail\"", &format!("name = {name:?}"));
                    write(&path, text.as_bytes())?;
                } else {
                    write(&path, file.contents())?;
                }
                written.push(path);
            }
        }
    }
    Ok(())
}

/// Writes a file whole: under another name first, then renamed.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), LakehouseError> {
    let io = |source| LakehouseError::Io { path: path.display().to_string(), source };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(io)?;
    }
    let waiting = path.with_extension("writing");
    std::fs::write(&waiting, bytes).and_then(|()| std::fs::rename(&waiting, path)).map_err(io)
}
