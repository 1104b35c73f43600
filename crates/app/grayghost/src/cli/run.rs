//! `grayghost run`: files in, tables out.

use std::path::PathBuf;

use clap::Args;
use lakehouse::{RunRequest, RunSummary};
use serde::Serialize;

use super::Format;
use crate::{exit::Ending, failure::Failure, progress, session::Session, summary};

const EXAMPLES: &str = "\
Examples:
  grayghost run online_retail.csv              load a file; its source is found by its headers
  grayghost run january.csv february.csv.gz    several; a folder or a 'pattern*' works too
  grayghost run                                the files that the sources' `paths` name
  grayghost run --select +gold.dim_customer    a table and what it is made from
  grayghost run --retry                        what the last run did not finish
A file that was loaded before adds nothing. Ctrl-C stops after the current step; what was committed stays.";

/// Load files and make the tables.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Run {
    /// Files, folders or patterns to load.
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    files: Vec<PathBuf>,
    /// The source that the files belong to.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Make only these: names, `+parents`, `children+`, `tag:…`, `path:…`.
    #[arg(long, short, value_name = "SELECTION")]
    select: Option<String>,
    /// Make all but these.
    #[arg(long, value_name = "SELECTION")]
    exclude: Option<String>,
    /// Rebuild incremental tables from all of their inputs.
    #[arg(long)]
    full_refresh: bool,
    /// Do what the last run did not finish.
    #[arg(long, conflicts_with_all = ["files", "select", "exclude"])]
    retry: bool,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What a program reads: the summary, and the exit code for those who only see the output.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    summary: &'a RunSummary,
    exit_code: u8,
}

impl Run {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let request = RunRequest {
            files: self.files.clone(),
            source: self.source.clone(),
            select: self.select.clone(),
            exclude: self.exclude.clone(),
            full_refresh: self.full_refresh,
            retry: self.retry,
        };
        let done = perform(session, request)?;
        let ending = Ending::of_run(done.state);
        match self.format {
            Format::Text => summary::write(session, &done)?,
            Format::Json => {
                session.screen.json(&Document { summary: &done, exit_code: ending.number() })?;
                session.screen.flush()?;
                summary::tell_faults(&done);
            }
        }
        Ok(ending)
    }
}

/// Runs with progress on standard error.
pub(super) fn perform(session: &Session, request: RunRequest) -> Result<RunSummary, Failure> {
    let house = session.open()?;
    let listener = progress::listener(&session.screen);
    let history = session.history()?;
    let done = session.wait(async {
        let done = house.run(&history, request, listener, session.cancel.clone()).await;
        // A server beside does it too; what cannot be sealed now is sealed by whoever comes next.
        if let Err(error) = history.log.seal_all().await {
            tracing::warn!(error = %error, "what the run has recorded is not sealed yet: {error}");
        }
        if let Err(error) = history.log.database().fold().await {
            tracing::warn!(error = %error, "the write-ahead log stays beside the database: {error}");
        }
        done
    });
    session.screen.clear_bars();
    Ok(done?)
}
