//! Logs of a process: which lines, laid out how, written where. Time and writer are parameters.

use std::{fmt, sync::Arc};

use kernel::Clock;
use tracing::Dispatch;
use tracing_subscriber::{
    EnvFilter,
    fmt::{MakeWriter, format::Writer, time::FormatTime},
    layer::SubscriberExt,
};

use crate::{TelemetryError, json::JsonLines};

/// How a line is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Pretty,
    /// One JSON object a line: `timestamp` (RFC 3339), `level`, `message`, `target`, `span`, `spans` and all fields.
    Json,
}

/// The time of a line, from our clock.
struct ClockTime(Arc<dyn Clock>);

impl FormatTime for ClockTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{}", self.0.now())
    }
}

/// Logs that pass `filter` (`info`, `warn,sql=debug`), written to `writer` a line at a time.
///
/// # Errors
///
/// [`TelemetryError::BadFilter`].
pub fn logs<W>(format: Format, filter: &str, writer: W, clock: Arc<dyn Clock>) -> Result<Dispatch, TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let parsed =
        EnvFilter::try_new(filter).map_err(|source| TelemetryError::BadFilter { filter: filter.to_owned(), source })?;
    let registry = tracing_subscriber::registry().with(parsed);
    Ok(match format {
        Format::Pretty => {
            let layer = tracing_subscriber::fmt::layer().with_timer(ClockTime(clock)).with_writer(writer);
            Dispatch::new(registry.with(layer.with_ansi(false)))
        }
        Format::Json => Dispatch::new(registry.with(JsonLines::new(writer, clock))),
    })
}

/// Makes them the logs of the whole process; once.
///
/// # Errors
///
/// [`TelemetryError::AlreadyInstalled`].
pub fn install_logs(logs: Dispatch) -> Result<(), TelemetryError> {
    tracing::dispatcher::set_global_default(logs).map_err(|_| TelemetryError::AlreadyInstalled { what: "logs" })
}

#[cfg(test)]
mod tests;
