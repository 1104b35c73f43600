//! `grayghost jobs cancel|retry|pause|resume`: decisions of operators.

use clap::Args;
use jobs::{Cancelled, JobId, Jobs};
use kernel::uuid::Uuid;

use crate::{cli::beside::Beside, exit::Ending, failure::Failure, session::Session};

/// Ask a job to end: one that waits ends at once, one that runs at its next step.
#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// The job's id.
    id: Uuid,
}

/// Run a job now, with all its attempts again: one that waits, a dead one, or one that was cancelled.
#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// The job's id.
    id: Uuid,
}

/// Begin no more jobs of a kind, in any process; those that run go on.
#[derive(Debug, Args)]
pub(crate) struct Pause {
    /// The kind, `context.verb_noun`.
    kind: String,
}

/// Begin jobs of a paused kind again.
#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The kind, `context.verb_noun`.
    kind: String,
}

impl Cancel {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let opened = beside.open(session)?;
        let done = session.wait(Jobs::new(opened.log).cancel(opened.workspace, JobId(self.id)))?;
        let said = match done {
            Cancelled::AtOnce => "cancelled".to_owned(),
            Cancelled::Asked => "it runs, and was asked to end; it may still succeed".to_owned(),
            Cancelled::Ended(state) => format!("it had ended before: {state}"),
        };
        tell(session, &said)
    }
}

impl Retry {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let opened = beside.open(session)?;
        session.wait(Jobs::new(opened.log).retry(opened.workspace, JobId(self.id)))?;
        tell(session, "queued; a worker begins it when it has room")
    }
}

impl Pause {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let opened = beside.open(session)?;
        session.wait(Jobs::new(opened.log).pause(self.kind.as_str()))?;
        let resume = session.command(&format!("jobs resume {}", self.kind));
        tell(session, &format!("no job of kind `{}` is begun until: {resume}", self.kind))
    }
}

impl Resume {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let opened = beside.open(session)?;
        session.wait(Jobs::new(opened.log).resume(self.kind.as_str()))?;
        tell(session, &format!("jobs of kind `{}` are begun", self.kind))
    }
}

fn tell(session: &mut Session, said: &str) -> Result<Ending, Failure> {
    if !session.screen.is_quiet() {
        session.screen.line(said)?;
    }
    Ok(Ending::Done)
}
