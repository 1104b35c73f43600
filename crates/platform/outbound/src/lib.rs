//! The one client of outbound calls. Whoever calls an address that a person, a project or another server named calls it
//! through here.
//!
//! Invariants
//! - what is judged is the address that is really connected to: names are resolved here, once for a connection, and what is not
//!   public is dropped before anything is sent (no rebinding); addresses inside of URLs are judged in whatever form they are written;
//! - every redirect is judged as the first URL was, and credentials do not follow to another origin;
//! - calls end: by the time, the size and the number of redirects that the settings name; an answer is cut, never kept whole first.
//!
//! Absent on purpose: proxies (one in the environment would make all of the above moot), cookies, compressed answers (a small one
//! can be large), retries (the caller knows what may be repeated), SMTP (its host is the operator's own word).

mod addresses;
mod allowed;
mod call;
mod client;
mod error;
mod names;
mod settings;

pub use call::{Answer, Call};
pub use client::Outbound;
pub use error::OutboundError;
pub use reqwest::{Method, StatusCode, header};
pub use settings::OutboundSettings;
