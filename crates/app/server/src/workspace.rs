//! Which workspace a project belongs to: the id in `.grayghost/workspace`, which `grayghost init` makes.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use kernel::{WorkspaceId, uuid::Uuid};

use crate::failure::Failure;

/// Folder of a project that the product writes to.
pub const STATE_FOLDER: &str = ".grayghost";

fn file(project: &Path) -> PathBuf {
    project.join(STATE_FOLDER).join("workspace")
}

/// The project's workspace.
///
/// # Errors
/// [`Failure::NoWorkspace`] where the file is missing or holds no id.
pub fn read(project: &Path) -> Result<WorkspaceId, Failure> {
    let path = file(project);
    let text = fs::read_to_string(&path).map_err(|source| Failure::no_workspace(&path, source))?;
    let id = Uuid::parse_str(text.trim()).map_err(|source| Failure::no_workspace(&path, source))?;
    Ok(WorkspaceId(id))
}

/// The same; makes one for a project that came without its folder of state, as a fresh clone does. Of two processes that
/// start at once both take the same.
///
/// # Errors
/// [`Failure::NoWorkspace`] when it can be neither read nor made.
pub fn read_or_make(project: &Path) -> Result<WorkspaceId, Failure> {
    let path = file(project);
    let failed = |source| Failure::no_workspace(&path, source);
    fs::create_dir_all(project.join(STATE_FOLDER)).map_err(failed)?;
    if !path.exists() {
        let id = WorkspaceId::new();
        let draft = path.with_extension(id.0.simple().to_string());
        let written = OpenOptions::new().write(true).create_new(true).open(&draft).and_then(|mut file| {
            file.write_all(id.to_string().as_bytes())?;
            file.sync_all()
        });
        // A link, unlike a rename, never takes the place of an id that another process made meanwhile.
        let linked = written.and_then(|()| fs::hard_link(&draft, &path));
        // A draft that stays names nothing and harms nothing.
        let _ = fs::remove_file(&draft);
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
    }
    read(project)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_once_and_a_damaged_one_is_never_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(read(folder.path()).is_err());
        let made = read_or_make(folder.path()).expect("made");
        assert_eq!(read_or_make(folder.path()).expect("read"), made);
        assert_eq!(fs::read_dir(folder.path().join(STATE_FOLDER)).expect("a folder").count(), 1);

        fs::write(file(folder.path()), "no id").expect("written");
        let refused = read_or_make(folder.path()).expect_err("no id");
        assert!(matches!(refused, Failure::NoWorkspace { .. }), "{refused}");
    }
}
