//! `grayghost events list`: events in the order of the log, or of one stream.

use clap::Args;
use eventlog::{EventLog, LogError, Recorded};
use kernel::{Cursor, Page, PageRequest, WorkspaceId};
use serde_json::json;

use super::document;
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

/// Names of the lists in their tokens.
const LOG: &str = "events.list";
const STREAM: &str = "events.list_stream";
/// Events that are read at once where most may be passed over.
const AT_ONCE: u32 = 1_000;

/// List events, the oldest first.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Of this stream, `context.aggregate.id`.
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,
    /// Of this type.
    #[arg(long = "type", value_name = "NAME")]
    kind: Option<String>,
    #[command(flatten)]
    part: Part,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl List {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let request = self.part.request()?;
        let opened = beside.open(session)?;
        let page = session.wait(self.page(&opened.log, opened.workspace, &request))?;
        if self.format == Format::Json {
            let events: Vec<_> = page.items.iter().map(document).collect();
            session.screen.json(&json!({ "events": events, "next": page.next }))?;
        } else if page.items.is_empty() {
            session.screen.line("no event")?;
        } else {
            let paint = session.screen.paint;
            session.screen.text(&table(&page.items).render(paint))?;
            tell_next(session, &self.again(), page.next.as_ref())?;
        }
        Ok(Ending::Done)
    }

    /// The verb with the same filters, for the next page.
    fn again(&self) -> String {
        let filter = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!(" --{name} {value}"));
        let filters = [filter("stream", &self.stream), filter("type", &self.kind)];
        format!("events list{}", filters.into_iter().flatten().collect::<String>())
    }

    async fn page(
        &self,
        log: &EventLog,
        workspace: WorkspaceId,
        request: &PageRequest,
    ) -> Result<Page<Recorded>, Failure> {
        let name = if self.stream.is_some() { STREAM } else { LOG };
        let mut after = match request.after() {
            // A token that was made by hand begins somewhere else, and harms nobody.
            Some(cursor) => cursor.position(name)?.try_into().map_or(0, u64::from_be_bytes),
            None => 0,
        };
        let most = request.limit() as usize;
        let mut items: Vec<Recorded> = Vec::new();
        // One more than asked for says that there is more.
        while items.len() <= most {
            let read = self.read(log, workspace, after).await?;
            let Some(last) = read.last() else { break };
            after = self.place(last);
            let is_meant = |event: &Recorded| {
                event.workspace == workspace && self.kind.as_ref().is_none_or(|kind| *kind == event.kind)
            };
            items.extend(read.into_iter().filter(is_meant).take(most + 1 - items.len()));
        }
        let is_more = items.len() > most;
        items.truncate(most);
        let next = items.last().filter(|_| is_more).map(|last| Cursor::new(name, &self.place(last).to_be_bytes()));
        Ok(Page { items, next })
    }

    async fn read(&self, log: &EventLog, workspace: WorkspaceId, after: u64) -> Result<Vec<Recorded>, LogError> {
        match &self.stream {
            Some(stream) => log.stream(workspace, stream, after).await,
            None => log.after(after, AT_ONCE).await,
        }
    }

    fn place(&self, event: &Recorded) -> u64 {
        if self.stream.is_some() { event.version } else { event.position }
    }
}

fn table(events: &[Recorded]) -> Table {
    let mut table = Table::new(&["RECORDED (UTC)", "STREAM", ">VERSION", "TYPE", "ACTOR", "EVENT"]);
    for event in events {
        table.row([
            moment(&event.recorded_at).into(),
            event.stream.clone().into(),
            count(event.version).into(),
            event.kind.clone().into(),
            event.actor.clone().into(),
            Cell::toned(event.event_id.to_string(), Tone::Dim),
        ]);
    }
    table
}
