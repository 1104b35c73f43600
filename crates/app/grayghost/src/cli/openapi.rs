//! `grayghost openapi`: the description of the API.

use clap::Args;

use crate::{catalogue, exit::Ending, failure::Failure, session::Session};

const EXAMPLES: &str = "\
Examples:
  grayghost openapi > openapi.json                  for generators of clients and testers
  grayghost openapi --graphql > schema.graphql
A server serves the same at `/api/openapi.json`, and a page that shows it at `/api/docs`.";

/// Print the API's description: OpenAPI 3.1 as JSON.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Openapi {
    /// Print the schema of GraphQL instead, in its own language.
    #[arg(long)]
    graphql: bool,
}

impl Openapi {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let document =
            if self.graphql { session.wait(catalogue::graphql())? } else { session.wait(catalogue::openapi())? };
        session.screen.line(document)?;
        Ok(Ending::Done)
    }
}
