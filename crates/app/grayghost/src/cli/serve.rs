//! `grayghost serve`: the server.

use std::io::{self, Write};

use clap::Args;

use super::flags::Flags;
use crate::{
    exit::Ending,
    failure::Failure,
    serve::{self, Started},
    session::Session,
    settings,
};

const EXAMPLES: &str = "\
Examples:
  grayghost serve                                        all parts, on 127.0.0.1:8080, with SQLite
  grayghost serve --listen 0.0.0.0:80 --log-format json
  grayghost serve --roles worker --database-url postgres://grayghost@db/grayghost
Every setting is a flag, an environment variable and a line of `grayghost.toml`: `grayghost config reference`.
The first start prints a link by which the first owner is made; there is no default password.
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
        session.wait(serve::run(loaded, &session.project, &session.stop, &tell_set_up))?;
        Ok(Ending::Done)
    }
}

/// Tells how the first owner is made. Not in the log, which is kept: the link is a secret, and each line there has one form.
fn tell_set_up(started: &Started<'_>) {
    let Some(link) = started.set_up else { return };
    let told = format!(
        "\nThis installation has no owner yet. Open the link once, and choose your address and password:\n\n  {link}\n\n\
         Or, on this machine: grayghost users create ADDRESS --password-stdin\n\n"
    );
    let mut out = io::stdout().lock();
    // Nobody reads it; the next start makes another link.
    let _ = out.write_all(told.as_bytes()).and_then(|()| out.flush());
}
