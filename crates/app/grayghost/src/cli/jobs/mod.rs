//! `grayghost jobs`: the queue, beside a running server or without one.

mod list;
mod manage;
mod show;

use clap::{Args, Subcommand};
use jobs::Job;
use kernel::Timestamp;
use serde_json::{Value, json};

use super::{beside::Beside, events::stored};
use crate::{exit::Ending, failure::Failure, paint::Tone, session::Session};

const EXAMPLES: &str = "\
Examples:
  grayghost jobs list --state running
  grayghost jobs dead                        those that were given up
  grayghost jobs retry 01a1fda1-bd4e-779c-9020-7128670cd6d6
  grayghost jobs pause eventlog.scrub_keys   begins no more of a kind, in any process
A running server notices within `jobs.poll_ms`.";

/// Look at jobs; cancel, retry, pause and resume them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Jobs {
    #[command(flatten)]
    beside: Beside,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(list::List),
    Show(show::Show),
    Cancel(manage::Cancel),
    Retry(manage::Retry),
    Pause(manage::Pause),
    Resume(manage::Resume),
    Dead(list::Dead),
}

impl Jobs {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        match &self.what {
            What::List(verb) => verb.answer(session, &self.beside),
            What::Show(verb) => verb.answer(session, &self.beside),
            What::Cancel(verb) => verb.answer(session, &self.beside),
            What::Retry(verb) => verb.answer(session, &self.beside),
            What::Pause(verb) => verb.answer(session, &self.beside),
            What::Resume(verb) => verb.answer(session, &self.beside),
            What::Dead(verb) => verb.answer(session, &self.beside),
        }
    }
}

fn tone(state: jobs::State) -> Tone {
    match state {
        jobs::State::Queued | jobs::State::Running => Tone::Plain,
        jobs::State::Failed => Tone::Warn,
        jobs::State::Succeeded => Tone::Good,
        jobs::State::Cancelled => Tone::Dim,
        jobs::State::Dead => Tone::Bad,
    }
}

/// A job for programs.
fn document(job: &Job) -> Value {
    let time = |at: Timestamp| at.to_string();
    let progress = job.progress.as_ref().map(|progress| {
        json!({
            "done": progress.done,
            "total": progress.total,
            "unit": progress.unit,
            "rate": progress.rate,
            "eta": progress.eta.map(time),
        })
    });
    json!({
        "id": job.id,
        "workspace": job.workspace,
        "kind": job.kind,
        "state": job.state,
        "attempt": job.attempt,
        "max_attempts": job.max_attempts,
        "priority": job.priority,
        // A job that waits for its batch has no moment.
        "run_at": (job.run_at < jobs::NEVER).then(|| time(job.run_at)),
        "unique_key": job.unique_key,
        "batch": job.batch,
        "enqueued_at": time(job.enqueued_at),
        "started_at": job.started_at.map(time),
        "ended_at": job.ended_at.map(time),
        "cancelling": job.cancelling,
        "progress": progress,
        "error": job.error,
        "args": stored(&job.args),
        "result": job.result.as_deref().map(stored),
        "log": job.log,
    })
}
