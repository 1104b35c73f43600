//! The lakehouse through its front door, on tiny projects.

#![expect(clippy::expect_used, reason = "a test stops where its ground gives way")]

mod bench;
mod drift;
mod incremental;
mod inputs;
mod lineage;
mod quality;
mod queries;
mod recording;
mod refusals;
mod resolving;
mod runs;
