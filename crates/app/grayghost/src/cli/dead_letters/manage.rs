//! `grayghost dead-letters edit|replay|discard`: decisions of operators.

use std::path::PathBuf;

use bus::DeadLetters;
use clap::Args;

use super::Which;
use crate::{cli::beside::Beside, exit::Ending, failure::Failure, session::Session};

/// Change what the subscriber will be given. The fact in the log stays as it is.
#[derive(Debug, Args)]
pub(crate) struct Edit {
    #[command(flatten)]
    which: Which,
    /// A file with the fact as JSON, made from what `dead-letters show --format json` prints as `fact`.
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
}

/// Have it tried again, and then what is parked behind it.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    which: Which,
}

/// Give it up: its subscriber goes on with what is parked behind it.
#[derive(Debug, Args)]
pub(crate) struct Discard {
    #[command(flatten)]
    which: Which,
}

impl Edit {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let fact = std::fs::read(&self.file).map_err(|source| Failure::Input { path: self.file.clone(), source })?;
        let opened = beside.open(session)?;
        let which = (self.which.subscriber.as_str(), self.which.event());
        session.wait(DeadLetters::of(&opened.log).edit(opened.workspace, which, fact))?;
        let replay = session.command(&format!("dead-letters replay {} {}", which.0, which.1));
        tell(session, &format!("edited; to have it tried again: {replay}"))
    }
}

impl Replay {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let opened = beside.open(session)?;
        let letters = DeadLetters::of(&opened.log);
        session.wait(letters.replay(opened.workspace, &self.which.subscriber, self.which.event()))?;
        tell(session, "it is tried again as soon as its subscriber runs")
    }
}

impl Discard {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let opened = beside.open(session)?;
        let letters = DeadLetters::of(&opened.log);
        session.wait(letters.discard(opened.workspace, &self.which.subscriber, self.which.event()))?;
        tell(session, "discarded; the event stays in the log")
    }
}

fn tell(session: &mut Session, said: &str) -> Result<Ending, Failure> {
    if !session.screen.is_quiet() {
        session.screen.line(said)?;
    }
    Ok(Ending::Done)
}
