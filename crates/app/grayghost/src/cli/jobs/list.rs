//! `grayghost jobs list` and `jobs dead`: jobs, the newest first.

use clap::{Args, builder::PossibleValuesParser};
use jobs::{Filter, Job, Jobs, NEVER, State};
use kernel::Page;
use serde_json::json;

use super::{document, tone};
use crate::{
    cli::{
        Format,
        beside::{Beside, Part, tell_next},
    },
    exit::Ending,
    failure::Failure,
    figures::{count, moment},
    layout::{Cell, Table},
    paint::Tone,
    session::Session,
};

/// List jobs, the newest first.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// In this state.
    #[arg(long, value_parser = PossibleValuesParser::new(State::ALL.map(State::name)))]
    state: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// List the jobs that were given up: dead letters, until somebody retries them.
#[derive(Debug, Args)]
pub(crate) struct Dead {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// Of this kind.
    #[arg(long, value_name = "NAME")]
    kind: Option<String>,
    #[command(flatten)]
    part: Part,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl List {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let state = self.state.as_deref().and_then(State::parse);
        let word = state.map(|state| format!(" --state {state}")).unwrap_or_default();
        self.common.answer(session, beside, (state, &format!("jobs list{word}")))
    }
}

impl Dead {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        self.common.answer(session, beside, (Some(State::Dead), "jobs dead"))
    }
}

impl Common {
    fn answer(
        &self,
        session: &mut Session,
        beside: &Beside,
        (state, verb): (Option<State>, &str),
    ) -> Result<Ending, Failure> {
        let request = self.part.request()?;
        let opened = beside.open(session)?;
        let queue = Jobs::new(opened.log);
        let filter = Filter { state, kind: self.kind.clone(), ..Filter::default() };
        let (page, paused) = session.wait(async {
            let page = queue.list(opened.workspace, &filter, &request).await?;
            Ok::<_, Failure>((page, queue.paused().await?))
        })?;
        if self.format == Format::Json {
            let jobs: Vec<_> = page.items.iter().map(document).collect();
            session.screen.json(&json!({ "jobs": jobs, "paused": paused, "next": page.next }))?;
            return Ok(Ending::Done);
        }
        tell(session, &page)?;
        if !paused.is_empty() {
            let paused = format!("paused, and not begun: {}", paused.join(", "));
            let text = session.screen.paint.tone(Tone::Warn, &paused);
            session.screen.line(format_args!("\n  {text}"))?;
        }
        let kind = self.kind.as_ref().map(|kind| format!(" --kind {kind}")).unwrap_or_default();
        tell_next(session, &format!("{verb}{kind}"), page.next.as_ref())?;
        Ok(Ending::Done)
    }
}

fn tell(session: &mut Session, page: &Page<Job>) -> Result<(), Failure> {
    if page.items.is_empty() {
        return Ok(session.screen.line("no job")?);
    }
    let mut table =
        Table::new(&["JOB", "KIND", "STATE", ">ATTEMPT", "ENQUEUED (UTC)", "NEXT OR ENDED (UTC)", "PROGRESS", "ERROR"]);
    for job in &page.items {
        table.row([
            Cell::toned(job.id.to_string(), Tone::Dim),
            job.kind.clone().into(),
            Cell::toned(job.state.name(), tone(job.state)),
            count(job.attempt).into(),
            moment(&job.enqueued_at).into(),
            when(job).into(),
            progress(job).into(),
            job.error.clone().unwrap_or_default().lines().next().unwrap_or_default().into(),
        ]);
    }
    let paint = session.screen.paint;
    Ok(session.screen.text(&table.render(paint))?)
}

/// Its end, or the moment that it waits for.
fn when(job: &Job) -> String {
    match (job.ended_at, job.state) {
        (Some(at), _) => moment(&at),
        (None, State::Running) => String::new(),
        (None, _) if job.run_at == NEVER => "after its batch".to_owned(),
        (None, _) => moment(&job.run_at),
    }
}

pub(super) fn progress(job: &Job) -> String {
    let Some(progress) = &job.progress else { return String::new() };
    let total = progress.total.map(|total| format!(" of {}", count(total))).unwrap_or_default();
    format!("{}{total} {}", count(progress.done), progress.unit)
}
