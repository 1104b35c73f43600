//! What the server tells about itself: logs for people or for log shippers, and figures for Prometheus.
//!
//! Invariants: what is a [`Secret`] never reaches a log; the number of series is bounded, whatever labels are given.
//!
//! Absent on purpose: files and their rotation (logs go to a writer, agents take them from there), and tracing to a
//! collector, which is an adapter.

mod error;
mod json;
mod labels;
mod logs;
mod metrics;
mod names;
mod resources;
mod secret;

pub use self::{
    error::TelemetryError,
    json::CORRELATION_ID,
    logs::{Format, install_logs, logs},
    metrics::{Metrics, Recorder},
    names::{NameFault, UNITS, check_name},
    resources::{Used, used},
    secret::Secret,
};
