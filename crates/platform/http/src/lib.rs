//! The ground that every HTTP server of ours stands on: health, figures, refusals, and an orderly end.
//!
//! Invariants: a refusal is `application/problem+json`, made in one place from the kind of an error; a text of a fault of
//! ours never leaves the process; a server that is asked to stop ends, and says what it cut off.
//!
//! Absent on purpose: routes of the product and what mounts them, tokens and limits (the gateway), TLS.

mod error;
mod figures;
mod health;
mod in_flight;
mod problem;
mod serve;

pub use error::{HttpError, no_route};
pub use figures::figures;
pub use health::{CHECK_TIMEOUT, Health};
pub use problem::{Problem, status_of};
pub use serve::{Ended, listen, serve};
