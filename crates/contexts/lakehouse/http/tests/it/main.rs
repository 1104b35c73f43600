//! The lakehouse's operations as a caller meets them, on a tiny project and without the gateway: each holds up alone.

#![expect(clippy::expect_used, reason = "a test stops where its ground gives way")]

mod assets;
mod holding;
mod rig;
mod runs;
mod sql;
