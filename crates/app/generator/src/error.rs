//! Why data could not be generated.

use std::{
    io,
    path::{Path, PathBuf},
};

use kernel::{ErrorKind, ProductError};

use crate::retail::MAX_CUSTOMERS;

/// Why [`crate::generate_retail`] stopped. Whatever it is, no half-written file is left under a final name.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The number of customers is zero or above [`MAX_CUSTOMERS`].
    #[error("cannot generate data for {customers} customers: the number must be from 1 to {MAX_CUSTOMERS}")]
    CustomersOutOfRange {
        /// What was asked for.
        customers: u32,
    },
    /// The folder holds something that an earlier run of the generator did not write.
    #[error("cannot generate into {}: it is not empty, it holds {found}", dir.display())]
    NotEmpty {
        /// The folder.
        dir: PathBuf,
        /// The first foreign name in it.
        found: String,
    },
    /// The path of the folder is a file.
    #[error("cannot generate into {}: it is not a folder", dir.display())]
    NotAFolder {
        /// The path.
        dir: PathBuf,
    },
    /// The disk or the quota is full.
    #[error("cannot write {}: there is no room left on the disk", path.display())]
    NoSpace {
        /// The file that did not fit.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Reading or writing failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: a verb.
        action: &'static str,
        /// What it was tried on.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody asked to stop.
    #[error("the generation was stopped before it was complete")]
    Cancelled,
}

impl GenerateError {
    /// Sorts a failure of the system: a full disk has its own code, because what to do differs.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { path, source },
            io::ErrorKind::NotADirectory => Self::NotAFolder { dir: path },
            _ => Self::Io { action, path, source },
        }
    }
}

impl ProductError for GenerateError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::CustomersOutOfRange { .. } | Self::NotEmpty { .. } | Self::NotAFolder { .. } => ErrorKind::Invalid,
            Self::NoSpace { .. } | Self::Io { .. } | Self::Cancelled => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::CustomersOutOfRange { .. } => "generator.customers_out_of_range",
            Self::NotEmpty { .. } => "generator.not_empty",
            Self::NotAFolder { .. } => "generator.not_a_folder",
            Self::NoSpace { .. } => "generator.no_space",
            Self::Io { .. } => "generator.io",
            Self::Cancelled => "generator.cancelled",
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::NotEmpty { dir, .. } | Self::NotAFolder { dir } => Some(dir.display().to_string()),
            Self::NoSpace { path, .. } | Self::Io { path, .. } => Some(path.display().to_string()),
            Self::CustomersOutOfRange { .. } | Self::Cancelled => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::CustomersOutOfRange { .. } => "ask for a number in that range",
            Self::NotEmpty { .. } => "choose a new folder, or move what is in this one elsewhere",
            Self::NotAFolder { .. } => "choose the path of a folder; it is made when it does not exist",
            Self::NoSpace { .. } => "free some room, or ask for fewer customers; 1,000 customers need about 2 MB",
            Self::Io { .. } => "check that the folder exists and may be written, then try again",
            Self::Cancelled => "start it again; what was begun has been removed",
        };
        Some(text.to_owned())
    }
}
