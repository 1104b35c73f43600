//! What can go wrong while telemetry is set up. Later nothing does: a log that cannot be written is dropped.

use kernel::{ErrorKind, ProductError};

/// Telemetry that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("could not use the log filter `{filter}`")]
    BadFilter {
        /// As it was given.
        filter: String,
        /// What the parser said.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// The process has logs or figures already, set up by somebody else.
    #[error("could not set up {what}: the process has them already")]
    AlreadyInstalled {
        /// `logs` or `metrics`.
        what: &'static str,
    },
    /// The recorder of figures refused its bounds.
    #[error("could not set up metrics")]
    Metrics {
        /// What it said.
        #[source]
        source: metrics_exporter_prometheus::BuildError,
    },
}

impl ProductError for TelemetryError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::BadFilter { .. } => ErrorKind::Invalid,
            Self::AlreadyInstalled { .. } | Self::Metrics { .. } => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadFilter { .. } => "telemetry.bad_filter",
            Self::AlreadyInstalled { .. } => "telemetry.already_installed",
            Self::Metrics { .. } => "telemetry.metrics",
        }
    }

    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::BadFilter { .. } => "give a level such as `info`, or directives such as `warn,sql=debug`",
            Self::AlreadyInstalled { .. } | Self::Metrics { .. } => "report it: this is a fault of ours",
        };
        Some(remedy.to_owned())
    }
}
