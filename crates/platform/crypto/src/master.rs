//! Master keys: a file of lines `grayghost-master-key-v1:<base64 of 32 bytes>`.
//!
//! The first line is the current key and wraps; the others only open, so that keys can be rotated while serving.
//! Invariants: the file is for its owner alone; a first start makes it whole or not at all, and of two that start at
//! once both take the same key. Reading blocks; it is done once, at the start.
//!
//! Absent on purpose: changing an existing file. A line is added and removed by whoever keeps the secrets.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::Chance;
use zeroize::Zeroizing;

use crate::{
    CryptoError, StoredWorkspaceKey, Wrapped,
    cipher::{self, Context},
    secret::Secret,
};

const PREFIX: &str = "grayghost-master-key-v1:";
/// Of the file: more than fifty keys.
const MAX_BYTES: u64 = 4_096;

/// The public name of a master key: tells one from another and nothing about the key. Prints as 16 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MasterTag(pub [u8; 8]);

impl fmt::Display for MasterTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl std::str::FromStr for MasterTag {
    type Err = std::num::ParseIntError;

    /// Reads what `Display` prints.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes()))
    }
}

/// Whether the file of master keys was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was made now. Whoever starts the server must hear of it: without a backup of this file all personal data is
    /// lost with it.
    Created,
    /// It was there.
    Loaded,
}

/// The keys that wrap the keys of workspaces.
#[derive(Debug)]
pub struct MasterKeys {
    current: MasterKey,
    /// Open only.
    older: Vec<MasterKey>,
}

#[derive(Debug)]
struct MasterKey {
    tag: MasterTag,
    wrap: Secret,
}

impl MasterKeys {
    /// Takes the keys from a file; makes it, with one new key and mode 600, where there is none. Its folder must exist:
    /// a mistyped path shall fail, and not start a second set of keys.
    ///
    /// # Errors
    /// The four `crypto.master_key_…`.
    pub fn load_or_create(path: &Path, chance: &dyn Chance) -> Result<(Self, Origin), CryptoError> {
        match File::open(path) {
            Ok(file) => return Ok((Self::load(path, &file)?, Origin::Loaded)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(CryptoError::MasterKeyUnreadable { path: path.into(), source }),
        }
        let origin = match create(path, chance) {
            Ok(()) => Origin::Created,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Origin::Loaded,
            Err(source) => return Err(CryptoError::MasterKeyNotWritten { path: path.into(), source }),
        };
        let file = File::open(path).map_err(|source| CryptoError::MasterKeyUnreadable { path: path.into(), source })?;
        Ok((Self::load(path, &file)?, origin))
    }

    /// One key that is kept nowhere: what it wraps is lost with the process.
    #[must_use]
    pub fn random(chance: &dyn Chance) -> Self {
        Self { current: MasterKey::of(&Secret::random(chance)), older: Vec::new() }
    }

    /// The name of the key that wraps.
    pub fn current(&self) -> MasterTag {
        self.current.tag
    }

    fn load(path: &Path, file: &File) -> Result<Self, CryptoError> {
        let unreadable = |source| CryptoError::MasterKeyUnreadable { path: path.into(), source };
        refuse_exposed(path, file).map_err(unreadable)??;
        // With its whole capacity at once: growing would leave copies behind.
        let mut text = Zeroizing::new(String::with_capacity(usize::try_from(MAX_BYTES).unwrap_or(0) + 1));
        file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
        Self::parse(&text).map_err(|(line, detail)| CryptoError::MasterKeyMalformed { path: path.into(), line, detail })
    }

    /// The line and what is wrong with it, where something is.
    fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        if text.len() as u64 > MAX_BYTES {
            return Err((1, "it is longer than 4,096 bytes"));
        }
        let mut keys = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let encoded =
                line.strip_prefix(PREFIX).ok_or((number, "the line does not start with `grayghost-master-key-v1:`"))?;
            let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| (number, "the key is not base64"))?);
            let secret = Secret::from_slice(&bytes).ok_or((number, "the key is not 32 bytes long"))?;
            keys.push(MasterKey::of(&secret));
        }
        let mut keys = keys.into_iter();
        let current = keys.next().ok_or((1, "it is empty"))?;
        Ok(Self { current, older: keys.collect() })
    }

    /// Wraps a workspace's key with the current key.
    pub(crate) fn wrap(
        &self,
        key: &Secret,
        (workspace, version): (kernel::WorkspaceId, u32),
        chance: &dyn Chance,
    ) -> Result<StoredWorkspaceKey, CryptoError> {
        let master = self.current.tag;
        let context = Context::WorkspaceKey { workspace, version, master };
        let wrapped = cipher::seal(&self.current.wrap, context, key.bytes(), chance)
            .ok_or_else(|| CryptoError::Cipher { what: format!("key {version} of workspace {workspace}") })?;
        Ok(StoredWorkspaceKey { workspace, version, master, wrapped: Wrapped(wrapped) })
    }

    /// Opens a workspace's key with the key that wrapped it.
    pub(crate) fn unwrap(&self, stored: &StoredWorkspaceKey) -> Result<Secret, CryptoError> {
        let &StoredWorkspaceKey { workspace, version, master, .. } = stored;
        let key = std::iter::once(&self.current)
            .chain(&self.older)
            .find(|key| key.tag == master)
            .ok_or(CryptoError::UnknownMasterKey { workspace, version, master })?;
        let context = Context::WorkspaceKey { workspace, version, master };
        cipher::open(&key.wrap, context, &stored.wrapped.0)
            .and_then(|bytes| Secret::from_slice(&bytes))
            .ok_or_else(|| CryptoError::KeyDamaged { what: format!("key {version} of workspace {workspace}") })
    }
}

impl MasterKey {
    fn of(secret: &Secret) -> Self {
        let mut tag = [0; 8];
        tag.copy_from_slice(&secret.derive("master/tag").bytes()[..8]);
        Self { tag: MasterTag(tag), wrap: secret.derive("master/wrap") }
    }
}

/// Writes a new key beside the path and links it there: a link, unlike a rename, never takes the place of a key that
/// another process made meanwhile.
fn create(path: &Path, chance: &dyn Chance) -> io::Result<()> {
    let draft = Draft::beside(path, chance)?;
    let mut line = Zeroizing::new(String::with_capacity(128));
    line.push_str(PREFIX);
    STANDARD.encode_string(Secret::random(chance).bytes(), &mut line);
    line.push('\n');
    let mut file = private().open(&draft.0)?;
    file.write_all(line.as_bytes())?;
    file.sync_all()?;
    fs::hard_link(&draft.0, path)?;
    drop(draft);
    File::open(folder(path))?.sync_all()
}

/// A file that is taken away again.
struct Draft(PathBuf);

impl Draft {
    fn beside(path: &Path, chance: &dyn Chance) -> io::Result<Self> {
        let mut random = [0; 8];
        chance.fill(&mut random);
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let name = format!(".{}.{:016x}.new", name.to_string_lossy(), u64::from_be_bytes(random));
        Ok(Self(folder(path).join(name)))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // A draft that stays is for its owner alone, and its key was never used.
        let _ = fs::remove_file(&self.0);
    }
}

/// A bare file name stands in the present folder.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn refuse_exposed(path: &Path, file: &File) -> io::Result<Result<(), CryptoError>> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata()?;
    let mode = metadata.mode() & 0o777;
    let exposed = is_exposed(mode, metadata.uid());
    Ok(if exposed { Err(CryptoError::MasterKeyExposed { path: path.into(), mode }) } else { Ok(()) })
}

/// A file of root's may be read by its group: so orchestrators give secrets to one service. The rule is that of
/// `PostgreSQL` for `ssl_key_file`.
#[cfg(unix)]
fn is_exposed(mode: u32, owner: u32) -> bool {
    mode & if owner == 0 { 0o037 } else { 0o077 } != 0
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path, _: &File) -> io::Result<Result<(), CryptoError>> {
    Ok(Ok(()))
}

#[cfg(test)]
mod tests;
