//! The ground that every HTTP server of ours stands on: health, figures, operations and their description, refusals, and an
//! orderly end.
//!
//! Invariants: a refusal is `application/problem+json`, made in one place from the kind of an error; a text of a fault of
//! ours never leaves the process; a server that is asked to stop ends, and says what it cut off.
//!
//! Absent on purpose: routes of the product and what mounts them, who a credential belongs to, limits of requests (the
//! gateway).

mod correlation;
mod credential;
mod document;
mod error;
mod extract;
mod field;
mod figures;
mod first_bytes;
mod health;
mod in_flight;
mod listing;
mod operation;
mod problem;
mod schemas;
mod serve;
mod standing;
mod tls;
mod wire;

pub use correlation::{Correlation, Repeatable, Repeated};
pub use credential::{
    Authenticate, Authenticated, Charge, Credential, HoldsSecret, Payer, Recognised, SESSION_COOKIE, cookie,
};
pub use document::{About, List, document};
pub use error::{HttpError, no_route};
pub use extract::{Body, Caller, From, IfMatch, Params, Part, Versioned};
pub use field::Root;
pub use figures::figures;
pub use health::{CHECK_TIMEOUT, Health};
pub use listing::{Asked, Direction, Field, Filter, Kind, Listed, Sort};
pub use operation::{Access, Budget, Operation};
pub use problem::{FieldError, Problem, ProblemBody, status_of};
pub use schemas::Gives;
pub use serve::{Ended, listen, serve, serve_on};
pub use standing::Standing;
pub use tls::{OldestTls, tls};
pub use wire::Wire;
