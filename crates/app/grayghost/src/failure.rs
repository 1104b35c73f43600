//! What stops a verb, and how it is told: what, where, why, what to do, and the page that says more.

use std::io::{self, Write};

use kernel::{ErrorKind, ProductError};
use lakehouse::{Fault, LakehouseError};

use crate::{exit::Ending, paint::Paint};

/// A verb could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The lakehouse said no.
    #[error(transparent)]
    Lakehouse(#[from] LakehouseError),
    /// A file could not be read.
    #[error(transparent)]
    Table(#[from] tables::TableError),
    /// Records could not be resolved.
    #[error(transparent)]
    Resolution(#[from] resolution::ResolutionError),
    /// Data could not be generated.
    #[error(transparent)]
    Generate(#[from] generator::GenerateError),
    /// The command line makes no sense.
    #[error("{what}")]
    Usage {
        /// In the words of the parser.
        what: String,
        /// What it suggests, and where to read on.
        remedy: String,
    },
    /// There is no page of this code.
    #[error("there is no error code `{code}`")]
    UnknownCode {
        /// As given.
        code: String,
        /// The most similar one, if one is similar.
        nearest: Option<String>,
    },
    /// Standard output does not take what we write.
    #[error("could not write the answer")]
    Output {
        /// What the system said.
        source: io::Error,
    },
    /// The system did not give us what every verb needs: threads, signals.
    #[error("could not start")]
    Start {
        /// What the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl From<io::Error> for Failure {
    /// Verbs do no other input or output than writing their answer: contexts read and write the files.
    fn from(source: io::Error) -> Self {
        Self::Output { source }
    }
}

impl Failure {
    fn inner(&self) -> Option<&dyn ProductError> {
        match self {
            Self::Lakehouse(error) => Some(error),
            Self::Table(error) => Some(error),
            Self::Generate(error) => Some(error),
            Self::Resolution(error) => Some(error),
            _ => None,
        }
    }

    /// The ending that it leads to.
    pub(crate) fn ending(&self) -> Ending {
        Ending::of_error(self)
    }
}

impl ProductError for Failure {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Usage { .. } => ErrorKind::Invalid,
            Self::UnknownCode { .. } => ErrorKind::NotFound,
            Self::Output { .. } | Self::Start { .. } => ErrorKind::Unavailable,
            other => other.inner().map_or(ErrorKind::Internal, ProductError::kind),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Usage { .. } => "cli.usage",
            Self::UnknownCode { .. } => "cli.unknown_code",
            Self::Output { .. } => "cli.output",
            Self::Start { .. } | Self::Lakehouse(_) | Self::Table(_) | Self::Generate(_) | Self::Resolution(_) => {
                self.inner().map_or("cli.start", ProductError::code)
            }
        }
    }

    fn place(&self) -> Option<String> {
        self.inner().and_then(ProductError::place)
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Usage { remedy, .. } => Some(remedy.clone()),
            Self::UnknownCode { nearest: Some(nearest), .. } => {
                Some(format!("did you mean `{nearest}`? `grayghost explain` lists all codes"))
            }
            Self::UnknownCode { nearest: None, .. } => Some("`grayghost explain` lists all codes".to_owned()),
            Self::Output { .. } => Some("check the disk or the program that the output goes to".to_owned()),
            Self::Start { .. } => Some("check the limits on processes and threads (`ulimit -a`)".to_owned()),
            other => other.inner().and_then(ProductError::remedy),
        }
    }
}

/// Tells an error on standard error. Whatever goes wrong meanwhile has nobody left to be told to.
pub(crate) fn tell(fault: &Fault, paint: Paint) {
    let mut err = io::stderr().lock();
    let _told = write!(err, "{}", text(fault, paint));
}

/// An error as people read it.
fn text(fault: &Fault, paint: Paint) -> String {
    let mut text = format!("{}: {}\n", paint.bad(&format!("error[{}]", fault.code)), fault.message);
    let page = format!("grayghost explain {}", fault.code);
    let parts = [
        ("where", fault.place.as_ref()),
        ("why", fault.why.as_ref()),
        ("do", fault.remedy.as_ref()),
        ("page", Some(&page)),
    ];
    for (name, part) in parts {
        if let Some(part) = part {
            let part = part.trim().replace('\n', "\n    ");
            let line = format!("  {} {part}\n", paint.dim(&format!("{name}:")));
            text.push_str(&line);
        }
    }
    text
}
