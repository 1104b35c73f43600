//! `grayghost events rebuild`: makes a read model anew.

use clap::Args;
use eventlog::Projector;

use crate::{
    backends::Backends, cli::beside::Beside, exit::Ending, failure::Failure, figures::plural, session::Session,
};

/// Make a read model anew from the first event, beside the present one, and switch.
#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    /// Its name, as `events projections` shows it.
    name: String,
}

impl Rebuild {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        // Refuses where no server has made the database yet.
        drop(beside.open(session)?);
        let config = beside.config(session)?;
        // A read model may open personal fields, so the keys are opened too.
        let events = session.wait(async {
            let backends = Backends::open(&config, &session.project).await?;
            Ok::<_, Failure>(Projector::new(backends.log, backends.parts.followers).rebuild(&self.name).await?)
        })?;
        if !session.screen.is_quiet() {
            let events = plural(events, "event");
            session.screen.line(format_args!("made `{}` anew from {events}", self.name))?;
        }
        Ok(Ending::Done)
    }
}
