//! What the verbs share that look at a server's database: they open it themselves, beside a running server or without one.

use clap::Args;
use config::Config;
use eventlog::EventLog;
use kernel::{Cursor, PageRequest, WorkspaceId, uuid::Uuid};

use super::flags::BesideFlags;
use crate::{backends, failure::Failure, session::Session, settings, workspace};

/// Where the server's data is, and whose of it.
#[derive(Debug, Args)]
pub(crate) struct Beside {
    #[command(flatten)]
    flags: BesideFlags,
    /// Look at another workspace than the project's.
    #[arg(long, global = true, value_name = "ID")]
    workspace: Option<Uuid>,
}

/// Which part of a list.
#[derive(Debug, Args)]
pub(crate) struct Part {
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = PageRequest::DEFAULT_LIMIT)]
    limit: u32,
    /// Go on where an earlier list ended.
    #[arg(long, value_name = "TOKEN")]
    after: Option<String>,
}

/// A server's data.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Facts.
    pub(crate) log: EventLog,
    /// Whose.
    pub(crate) workspace: WorkspaceId,
}

impl Beside {
    /// The settings of the server.
    pub(crate) fn config(&self, session: &Session) -> Result<Config, Failure> {
        Ok(settings::load(&session.project, self.flags.0.clone())?.config)
    }

    /// Opens the log and the workspace. Personal fields stay sealed.
    pub(crate) fn open(&self, session: &Session) -> Result<Opened, Failure> {
        let config = self.config(session)?;
        let log = session.wait(backends::open_beside(&config, &session.project))?;
        let workspace = match self.workspace {
            Some(id) => WorkspaceId(id),
            None => workspace::read(&session.project)?,
        };
        Ok(Opened { log, workspace })
    }
}

impl Part {
    /// As lists take it.
    pub(crate) fn request(&self) -> Result<PageRequest, Failure> {
        let after = self.after.as_deref().map(str::parse::<Cursor>).transpose()?;
        Ok(PageRequest::new(self.limit, after)?)
    }
}

/// Says below a list that it goes on, and how to see more.
pub(super) fn tell_next(session: &mut Session, verb: &str, next: Option<&Cursor>) -> Result<(), Failure> {
    let Some(next) = next.filter(|_| !session.screen.is_quiet()) else { return Ok(()) };
    let more = session.command(&format!("{verb} --after {next}"));
    Ok(session.screen.line(format_args!("\n  there is more: {more}"))?)
}
