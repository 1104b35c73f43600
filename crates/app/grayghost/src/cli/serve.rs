//! `grayghost serve`: the server.

use clap::Args;

use super::flags::Flags;
use crate::{exit::Ending, failure::Failure, serve, session::Session, settings};

const EXAMPLES: &str = "\
Examples:
  grayghost serve                                        all parts, on 127.0.0.1:8080, with SQLite
  grayghost serve --listen 0.0.0.0:80 --log-format json
  grayghost serve --roles worker --database-url postgres://grayghost@db/grayghost
Every setting is a flag, an environment variable and a line of `grayghost.toml`: `grayghost config reference`.
Ctrl-C or SIGTERM stops in order: work has `server.shutdown_timeout_ms` to finish. A second one leaves at once.";

/// Serve: HTTP, jobs, read models and what is due by the clock.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    #[command(flatten)]
    flags: Flags,
}

impl Serve {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let loaded = settings::load(&session.project, self.flags.0.clone())?;
        session.stop.hush();
        serve::start_logs(&loaded.config)?;
        session.wait(serve::run(loaded, &session.project, &session.stop))?;
        Ok(Ending::Done)
    }
}
