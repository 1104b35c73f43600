//! The schemas of an operation, for whoever describes operations otherwise than [`crate::document`].
//!
//! Invariant: they come from the same values as the API's description.

use schemars::{Schema, SchemaGenerator};

use crate::{Operation, operation::Content};

/// What an operation gives when it succeeds.
#[derive(Debug, Clone)]
pub enum Gives {
    /// Nothing but that it was done.
    Nothing,
    /// JSON of this schema.
    Json(Schema),
    /// Something else, of this media type.
    Text(&'static str),
    /// Server-sent events, the data of each JSON of this schema.
    Events(Schema),
}

impl Operation {
    /// The schema of its query; `None` where it reads none.
    pub fn query_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        self.query.map(|describe| describe(generator))
    }

    /// The schema of its body; `None` where it reads none.
    pub fn body_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        self.body.map(|describe| describe(generator))
    }

    /// What it gives.
    pub fn gives(&self, generator: &mut SchemaGenerator) -> Gives {
        match self.answer.1 {
            Content::Nothing => Gives::Nothing,
            Content::Json(describe) => Gives::Json(describe(generator)),
            Content::Text(kind) => Gives::Text(kind),
            Content::Events(describe) => Gives::Events(describe(generator)),
        }
    }
}
