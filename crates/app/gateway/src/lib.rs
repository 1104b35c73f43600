//! The edge: what every request passes before an operation sees it, and every answer on its way out.
//!
//! Invariants
//! - No operation is reached but through all layers, in the order of `guard`: they are mounted together or not at all.
//! - An operation's target is a `tower` service. No layer knows whether it is in this process.
//! - Who asks is found out here, by a credential; nothing that a caller writes into another header is believed.
//! - Every answer, also to nonsense, carries the id of its request and the headers of security; every refusal is a problem.
//! - Everything that a caller can make large, slow or many has a limit with a name, in [`GatewaySettings`].
//!
//! Absent on purpose: users, keys and sessions (the context `identity`, by `http_edge::Authenticate`), routing to other
//! processes with their breakers and balancers, rules against known attacks (WAF), certificates by ACME.

mod address;
mod answers;
mod body;
mod content;
mod cors;
mod credential;
mod csrf;
mod error;
mod figures;
mod finish;
mod gateway;
mod guard;
mod intake;
mod permissions;
mod place;
mod rate;
mod reference;
mod request_id;
mod security;
mod settings;
pub mod walk;

pub use answers::{Answers, MIGRATIONS};
pub use error::GatewayError;
pub use gateway::{Gates, Gateway};
pub use permissions::{Matrix, Role, Row, may, permissions_matrix};
pub use place::Target;
pub use rate::charge;
pub use reference::reference;
pub use settings::{GatewaySettings, Rate, TlsFiles};
