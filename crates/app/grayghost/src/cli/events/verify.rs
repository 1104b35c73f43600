//! `grayghost events verify`: reads the whole log and compares every link of its chains.

use std::fmt::Write;

use clap::Args;
use eventlog::Verified;
use serde_json::{Value, json};

use crate::{
    cli::{Format, beside::Beside},
    exit::Ending,
    failure::Failure,
    figures::{count, plural},
    layout::{Cell, Table},
    paint::Tone,
    session::Session,
};

/// Read the whole log and compare every link of the chains.
#[derive(Debug, Args)]
#[command(after_help = "\
Ends with 1 when the log is not what it was.
Whoever can rewrite the whole database can rewrite the chains too: keep the heads where they cannot.")]
pub(crate) struct Verify {
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Verify {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let log = beside.open(session)?.log;
        let (verified, pending) = session.wait(async {
            let verified = log.verify().await?;
            Ok::<_, Failure>((verified, log.pending().await?))
        })?;
        match self.format {
            Format::Json => session.screen.json(&document(&verified, pending))?,
            Format::Text => tell(session, &verified, pending)?,
        }
        Ok(if verified.broken.is_some() { Ending::Failed } else { Ending::Done })
    }
}

fn tell(session: &mut Session, verified: &Verified, pending: u64) -> Result<(), Failure> {
    let paint = session.screen.paint;
    let events = plural(verified.events, "event");
    match &verified.broken {
        None => session.screen.line(format_args!("{events}, every link holds"))?,
        Some(broken) => {
            let place = paint.bad(&format!("NOT WHAT IT WAS at event {} of the log", count(broken.position)));
            let whose = broken.workspace.map_or(String::new(), |workspace| format!(" (workspace {workspace})"));
            session.screen.line(format_args!("{place}: {}{whose}; the events before it are well", broken.reason))?;
        }
    }
    if pending > 0 {
        let pending = plural(pending, "event");
        session.screen.line(format_args!("{pending} not sealed yet, which a running server does within a moment"))?;
    }
    if verified.heads.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&["WORKSPACE", ">EVENTS", "HEAD"]);
    for (workspace, (number, hash)) in &verified.heads {
        table.row([workspace.to_string().into(), count(*number).into(), Cell::toned(hex(hash), Tone::Dim)]);
    }
    session.screen.line("")?;
    Ok(session.screen.text(&table.render(paint))?)
}

fn document(verified: &Verified, pending: u64) -> Value {
    let heads = verified
        .heads
        .iter()
        .map(|(workspace, (number, hash))| json!({ "workspace": workspace, "events": number, "head": hex(hash) }));
    let broken = verified
        .broken
        .as_ref()
        .map(|broken| json!({ "event": broken.position, "workspace": broken.workspace, "reason": broken.reason }));
    json!({
        "events": verified.events,
        "pending": pending,
        "heads": heads.collect::<Vec<_>>(),
        "broken": broken,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
