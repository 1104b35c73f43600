//! What stops the server, or a verb of the command line.

use std::{
    io,
    path::{Path, PathBuf},
};

use kernel::{ErrorKind, ProductError};
use lakehouse::LakehouseError;
use terminal::exit::Ending;

/// A verb could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
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
    /// The settings of the server are wrong.
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    /// Logs or figures cannot be set up.
    #[error(transparent)]
    Telemetry(#[from] telemetry::TelemetryError),
    /// The server cannot listen.
    #[error(transparent)]
    Http(#[from] http_edge::HttpError),
    /// Accounts, workspaces or keys of callers.
    #[error(transparent)]
    Identity(#[from] identity::IdentityError),
    /// GraphQL cannot be set up.
    #[error(transparent)]
    Graphql(#[from] graphql::GraphqlError),
    /// Calls to others cannot be set up.
    #[error(transparent)]
    Outbound(#[from] outbound::OutboundError),
    /// The gateway cannot be set up.
    #[error(transparent)]
    Gateway(#[from] gateway::GatewayError),
    /// The keys of personal data cannot be used.
    #[error(transparent)]
    Crypto(#[from] crypto::CryptoError),
    /// The database said no.
    #[error(transparent)]
    Sql(#[from] sql::SqlError),
    /// The event log said no.
    #[error(transparent)]
    Log(#[from] eventlog::LogError),
    /// The queue said no.
    #[error(transparent)]
    Job(#[from] jobs::JobError),
    /// Dead letters could not be worked on.
    #[error(transparent)]
    Bus(#[from] bus::BusError),
    /// A limit or a cursor that is none.
    #[error(transparent)]
    Word(#[from] kernel::WordError),
    /// A database cannot be opened.
    #[error("could not open the database {url}")]
    Database {
        /// Its address, passwords masked.
        url: String,
        /// What it said.
        source: sql::SqlError,
    },
    /// No server has made the database of the project.
    #[error("there is no database {} yet", file.display())]
    NothingYet {
        /// The file that is missing.
        file: PathBuf,
    },
    /// The project's folder is not there.
    #[error("there is no folder `{}`", dir.display())]
    NoFolder {
        /// As given.
        dir: PathBuf,
    },
    /// The project's workspace is unknown.
    #[error("could not learn the workspace of the project")]
    NoWorkspace {
        /// The file that names it.
        file: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No workspace has this name.
    #[error("there is no workspace `{name}`")]
    UnknownWorkspace {
        /// As given.
        name: String,
    },
    /// No such event in the workspace.
    #[error("there is no event `{id}`")]
    UnknownEvent {
        /// As given.
        id: String,
    },
    /// A file that the command line names cannot be read.
    #[error("could not read `{}`", path.display())]
    Input {
        /// As given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
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
    /// The project's workspace is unknown, because of this.
    pub fn no_workspace(file: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::NoWorkspace { file: file.to_owned(), source: source.into() }
    }

    fn inner(&self) -> Option<&dyn ProductError> {
        match self {
            Self::Lakehouse(error) => Some(error),
            Self::Table(error) => Some(error),
            Self::Generate(error) => Some(error),
            Self::Resolution(error) => Some(error),
            Self::Config(error) => Some(error),
            Self::Telemetry(error) => Some(error),
            Self::Http(error) => Some(error),
            Self::Identity(error) => Some(error),
            Self::Gateway(error) => Some(error),
            Self::Graphql(error) => Some(error),
            Self::Outbound(error) => Some(error),
            Self::Crypto(error) => Some(error),
            Self::Sql(error) => Some(error),
            Self::Log(error) => Some(error),
            Self::Job(error) => Some(error),
            Self::Bus(error) => Some(error),
            Self::Word(error) => Some(error),
            _ => None,
        }
    }

    /// The ending that it leads to.
    pub fn ending(&self) -> Ending {
        Ending::of_error(self)
    }
}

impl ProductError for Failure {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Usage { .. } | Self::NoWorkspace { .. } => ErrorKind::Invalid,
            Self::UnknownCode { .. }
            | Self::NothingYet { .. }
            | Self::NoFolder { .. }
            | Self::UnknownEvent { .. }
            | Self::UnknownWorkspace { .. }
            | Self::Input { .. } => ErrorKind::NotFound,
            // What a server refuses at the door, a wrong password for instance, is no fault of ours.
            Self::Database { source, .. } if source.kind() == ErrorKind::Invalid => ErrorKind::Invalid,
            Self::Database { .. } | Self::Output { .. } | Self::Start { .. } => ErrorKind::Unavailable,
            other => other.inner().map_or(ErrorKind::Internal, ProductError::kind),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Usage { .. } => "cli.usage",
            Self::UnknownCode { .. } => "cli.unknown_code",
            Self::Output { .. } => "cli.output",
            Self::Database { .. } => "cli.database",
            Self::NothingYet { .. } => "cli.nothing_yet",
            Self::NoFolder { .. } => "cli.no_folder",
            Self::NoWorkspace { .. } => "cli.no_workspace",
            Self::UnknownEvent { .. } => "cli.unknown_event",
            Self::UnknownWorkspace { .. } => "cli.unknown_workspace",
            Self::Input { .. } => "cli.input",
            other => other.inner().map_or("cli.start", ProductError::code),
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::NoWorkspace { file, .. } => Some(file.display().to_string()),
            other => other.inner().and_then(ProductError::place),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Usage { remedy, .. } => Some(remedy.clone()),
            Self::UnknownCode { nearest: Some(nearest), .. } => {
                Some(format!("did you mean `{nearest}`? `grayghost explain` lists all codes"))
            }
            Self::UnknownCode { nearest: None, .. } => Some("`grayghost explain` lists all codes".to_owned()),
            Self::Database { .. } => Some(
                "see that it runs, that it exists, and that its user may connect; `database.url` and `crypto.keys_url` name it"
                    .to_owned(),
            ),
            Self::NothingYet { .. } => Some("it is made by the first `grayghost run` or `grayghost serve`".to_owned()),
            Self::NoFolder { .. } => Some("correct `--project`, or make a project with `grayghost init`".to_owned()),
            Self::NoWorkspace { .. } => {
                Some("restore the file from a backup; it is made when a server starts without it".to_owned())
            }
            Self::UnknownWorkspace { .. } => {
                Some("correct its name, or leave `--workspace` out for the project's own, `default`".to_owned())
            }
            Self::UnknownEvent { .. } => Some("`grayghost events list` shows the events of this workspace".to_owned()),
            Self::Input { .. } => Some("check the path and its spelling".to_owned()),
            Self::Output { .. } => Some("check the disk or the program that the output goes to".to_owned()),
            Self::Start { .. } => Some("check the limits on processes and threads (`ulimit -a`)".to_owned()),
            other => other.inner().and_then(ProductError::remedy),
        }
    }
}
