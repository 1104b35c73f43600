//! GraphQL at `/graphql`, over the very operations that REST serves.
//!
//! Invariants
//! - A field is an operation: its handler, its access, its budget and its refusals are those of REST. Nothing is written twice,
//!   so the two cannot differ.
//! - A document is weighed before it is run; everything that a caller can make large, deep, slow or many has a limit with a
//!   name, in [`GraphqlSettings`].
//! - Following an id asks for each distinct id once.
//!
//! Absent on purpose: resolvers of contexts, types written by hand, uploads, several requests in one body, federation.

#![expect(
    clippy::similar_names,
    reason = "who asks and what was asked, a type and all types: the words of the matter are alike"
)]

mod accept;
mod asker;
mod asking;
mod documents;
mod error;
mod graphiql;
mod graphql;
mod handler;
mod http;
mod links;
mod model;
mod name;
mod operations;
mod reader;
mod refusal;
mod schema;
mod settings;
mod socket;
mod streams;
mod tokens;
mod types;
mod values;
mod weigh;

pub use error::GraphqlError;
pub use graphql::{GraphQl, sdl};
pub use handler::Edge;
pub use settings::GraphqlSettings;
