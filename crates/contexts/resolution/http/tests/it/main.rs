//! Resolution over assets as a caller meets it, without the gateway and with a lakehouse that is a shelf of tables.

#![expect(clippy::expect_used, reason = "a test stops where its ground gives way")]

mod explaining;
mod holding;
mod refusing;
mod rig;
mod running;
