//! `grayghost permissions`: who may do what.

use clap::Args;

use super::Format;
use crate::{catalogue, exit::Ending, failure::Failure, session::Session};

/// Print who may do what: every operation of the API and the built-in roles.
#[derive(Debug, Args)]
pub(crate) struct Permissions {
    /// How to write the table.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Permissions {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let matrix = session.wait(catalogue::permissions())?;
        match self.format {
            Format::Text => session.screen.text(&matrix.markdown())?,
            Format::Json => session.screen.json(&matrix)?,
        }
        Ok(Ending::Done)
    }
}
