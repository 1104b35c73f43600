//! Two runs of one asset never interleave.
//!
//! Locks are the operating system's: they go with the process, so a run that was killed leaves none behind.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use lakehouse_model::AssetName;

use crate::LakehouseError;

/// Locks on assets, held until dropped.
#[derive(Debug)]
pub(crate) struct Locks {
    _held: Vec<File>,
}

impl Locks {
    /// Takes all locks or none, in the order of names, so that two runs cannot wait for each other.
    pub(crate) fn take(folder: &Path, assets: &BTreeSet<AssetName>) -> Result<Self, LakehouseError> {
        let io = |path: &Path, source| LakehouseError::Io { path: path.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(|error| io(folder, error))?;
        let mut held = Vec::with_capacity(assets.len());
        for asset in assets {
            let path = folder.join(format!("{asset}.lock"));
            let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
            let mut file = opened.map_err(|error| io(&path, error))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    // What it says is only a hint for people; the lock itself is what counts.
                    let _read = file.read_to_string(&mut holder);
                    let holder = if holder.is_empty() { "its process is not known".to_owned() } else { holder };
                    return Err(LakehouseError::Locked { asset: asset.to_string(), holder });
                }
                Err(TryLockError::Error(error)) => return Err(io(&path, error)),
            }
            let written = file
                .set_len(0)
                .and_then(|()| file.rewind())
                .and_then(|()| write!(file, "process {}", std::process::id()));
            written.map_err(|error| io(&path, error))?;
            held.push(file);
        }
        Ok(Self { _held: held })
    }
}
