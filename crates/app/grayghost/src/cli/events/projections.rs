//! `grayghost events projections`: how far each read model is.

use clap::Args;
use eventlog::{Lag, Projector};
use serde_json::json;

use crate::{
    cli::{Format, beside::Beside},
    exit::Ending,
    failure::Failure,
    figures::count,
    layout::{Cell, Table},
    paint::Tone,
    session::Session,
    wiring,
};

/// List the read models that follow the log, and how far each is behind.
#[derive(Debug, Args)]
#[command(after_help = "Ends with 1 when one stands still.")]
pub(crate) struct Projections {
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Projections {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let log = beside.open(session)?.log;
        let parts = wiring::parts(&beside.config(session)?, &session.project)?;
        let mut lags: Vec<Lag> = parts.inline.iter().map(|model| with_the_fact(model.name())).collect();
        lags.extend(session.wait(Projector::new(log, parts.followers).lag())?);
        if self.format == Format::Json {
            let document = |lag: &Lag| json!({ "name": lag.name, "behind": lag.events, "problem": lag.problem });
            session.screen.json(&lags.iter().map(document).collect::<Vec<_>>())?;
        } else {
            let mut table = Table::new(&["READ MODEL", ">EVENTS BEHIND", "PROBLEM"]);
            for lag in &lags {
                let problem = Cell::toned(lag.problem.clone().unwrap_or_default(), Tone::Bad);
                table.row([lag.name.into(), count(lag.events).into(), problem]);
            }
            let paint = session.screen.paint;
            session.screen.text(&table.render(paint))?;
        }
        Ok(if lags.iter().any(|lag| lag.problem.is_some()) { Ending::Failed } else { Ending::Done })
    }
}

/// A read model that is written in the transaction of the fact is never behind.
fn with_the_fact(name: &'static str) -> Lag {
    Lag { name, events: 0, problem: None }
}
