//! Typed configuration of the server, from `grayghost.toml`, the environment and flags, in rising precedence.
//!
//! One table, [`SECTIONS`], is the single source: structs, spellings, checks, the default file, the JSON Schema and the
//! reference are made from it.
//!
//! Invariants: unknown names are refused; all mistakes are told at once; no password is in a message, in `Debug` or in
//! what is shown.
//!
//! Absent on purpose: the command line itself (the app makes its flags from [`Spelling::all`]), and whether a backend
//! answers.

mod error;
mod file;
mod kind;
mod load;
mod log_filter;
mod nearest;
mod reference;
mod role;
mod section;
mod setting;
mod spelling;
mod url;
mod value;
mod variables;

pub use error::{ConfigError, Mistake, Mistakes, Place};
pub use kind::Kind;
pub use load::{FILE, Loaded, Others, Shown, Sources, load};
pub use reference::{default_file, json_schema, markdown};
pub use role::{LogFormat, Role};
pub use section::{
    BusConfig, Config, CryptoConfig, DatabaseConfig, GatewayConfig, IdentityConfig, JobsConfig, LogConfig,
    ObjectsConfig, RedisConfig, SECTIONS, ServerConfig, TABLES, TelemetryConfig,
};
pub use setting::{Secrecy, Section, Setting};
pub use spelling::Spelling;
pub use url::BackendUrl;
pub use value::Value;
