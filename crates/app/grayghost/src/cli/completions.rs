//! `grayghost completions SHELL`: what makes the Tab key work.

use clap::{Args, CommandFactory};

use super::Cli;
use crate::{exit::Ending, failure::Failure, session::Session};

/// Write a script that completes verbs and options in your shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  grayghost completions bash > ~/.local/share/bash-completion/completions/grayghost")]
pub(crate) struct Completions {
    /// The shell.
    shell: clap_complete::Shell,
}

impl Completions {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "grayghost", &mut script);
        session.screen.text(&String::from_utf8_lossy(&script))?;
        Ok(Ending::Done)
    }
}
