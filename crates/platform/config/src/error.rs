//! What can be wrong with a configuration: every mistake with its place and the way out.
//!
//! Invariant: no message repeats a value that may hold a secret.

use std::{fmt, io, path::PathBuf};

use kernel::{ErrorKind, ProductError};

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: the default holds.
    Default,
    /// In the settings file.
    File {
        /// As it was named to the reader.
        path: PathBuf,
        /// 1-based, 0 when unknown.
        line: usize,
    },
    /// An environment variable, by its name.
    Variable(String),
    /// A flag, with its dashes.
    Flag(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line: 0 } => write!(f, "{}", path.display()),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it was written.
    pub place: Place,
    /// What is wrong, without the value where that may be secret.
    pub wrong: String,
    /// What to do, in the imperative.
    pub remedy: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.wrong, self.remedy)
    }
}

/// All that is wrong: the file by line, then variables, then flags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "; " };
            write!(f, "{comma}{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The settings file is there and cannot be read.
    #[error("could not read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("could not use the configuration")]
    Invalid {
        /// All of it.
        #[source]
        source: Mistakes,
    },
}

impl ProductError for ConfigError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreadable { source, .. } if source.kind() != io::ErrorKind::InvalidData => ErrorKind::Unavailable,
            Self::Unreadable { .. } | Self::Invalid { .. } => ErrorKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config.unreadable",
            Self::Invalid { .. } => "config.invalid",
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Unreadable { path, .. } => Some(path.display().to_string()),
            Self::Invalid { source } => source.0.first().map(|mistake| mistake.place.to_string()),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { .. } => "let the server's user read the file, and keep it in UTF-8".to_owned(),
            Self::Invalid { source } => match source.0.as_slice() {
                [only] => only.remedy.clone(),
                _ => "correct every place that is named".to_owned(),
            },
        })
    }
}
