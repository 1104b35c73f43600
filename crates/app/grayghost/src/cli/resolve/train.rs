//! `resolve train`: keeps what a run learns as a model document.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{dedupe, watched};
use crate::{exit::Ending, failure::Failure, figures::plural, session::Session};

/// Learn a model from a file and write it as YAML: the same agreements get the same weights for ever.
#[derive(Debug, Args)]
pub(crate) struct Train {
    #[command(flatten)]
    what: dedupe::What,
    /// Where to write the model.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: PathBuf,
}

impl Train {
    pub(super) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let request = self.what.request(None);
        let model = watched(session, &|_| {}, |watch| {
            let model = resolution::dedupe(&request, watch)?.model;
            model.write(&self.out)?;
            Ok(model)
        })?;
        if !session.screen.is_quiet() {
            let compared = plural(model.comparisons.len() as u64, "comparison");
            let rules = plural(model.blocking.len() as u64, "blocking rule");
            session.screen.line(format!("wrote {}: {compared}, {rules}", self.out.display()))?;
        }
        Ok(Ending::Done)
    }
}
