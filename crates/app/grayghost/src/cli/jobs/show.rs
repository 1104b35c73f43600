//! `grayghost jobs show`: one job with all that is known of it.

use clap::Args;
use jobs::{Job, JobId, Jobs};
use kernel::uuid::Uuid;

use super::{document, list::progress, tone};
use crate::{
    cli::{Format, beside::Beside, events::stored},
    exit::Ending,
    failure::Failure,
    figures::count,
    layout::{Cell, Side, Table},
    paint::Tone,
    session::Session,
};

/// Show one job: its arguments, what it said, what came of it.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The job's id.
    id: Uuid,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Show {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let opened = beside.open(session)?;
        let job = session.wait(Jobs::new(opened.log).get(opened.workspace, JobId(self.id)))?;
        if self.format == Format::Json {
            session.screen.json(&document(&job))?;
            return Ok(Ending::Done);
        }
        let paint = session.screen.paint;
        session.screen.text(&fields(&job).render(paint))?;
        session.screen.line(format_args!("\n{}\n{:#}", paint.strong("arguments"), stored(&job.args)))?;
        if let Some(result) = &job.result {
            session.screen.line(format_args!("\n{}\n{:#}", paint.strong("result"), stored(result)))?;
        }
        if !job.log.is_empty() {
            session.screen.line(format_args!("\n{}", paint.strong("log")))?;
            for line in &job.log {
                session.screen.line(format_args!("  {line}"))?;
            }
        }
        Ok(Ending::Done)
    }
}

fn fields(job: &Job) -> Table {
    let mut table = Table::bare(&[Side::Left, Side::Left]);
    let mut add = |name: &str, value: Cell| table.row([Cell::toned(name, Tone::Dim), value]);
    add("job", job.id.to_string().into());
    add("kind", job.kind.clone().into());
    let cancelling = if job.cancelling { ", asked to end" } else { "" };
    add("state", Cell::toned(format!("{}{cancelling}", job.state), tone(job.state)));
    let most = job.max_attempts.map(|most| format!(" of {most}")).unwrap_or_default();
    add("attempt", format!("{}{most}", count(job.attempt)).into());
    add("enqueued", job.enqueued_at.to_string().into());
    for (name, at) in [("started", job.started_at), ("ended", job.ended_at)] {
        if let Some(at) = at {
            add(name, at.to_string().into());
        }
    }
    if !job.state.is_end() && job.run_at < jobs::NEVER {
        add("due", job.run_at.to_string().into());
    }
    for (name, value) in [("unique key", &job.unique_key), ("error", &job.error)] {
        if let Some(value) = value {
            add(name, value.clone().into());
        }
    }
    if job.progress.is_some() {
        add("progress", progress(job).into());
    }
    table
}
