//! `grayghost doctor`: what is needed, and whether it is well.

use clap::Args;
use kernel::ProductError;
use lakehouse::Finding;

use super::Format;
use crate::{
    exit::Ending,
    failure::Failure,
    layout::{Cell, Side, Table},
    paint::Tone,
    session::Session,
};

/// Look whether everything that the project needs is well.
#[derive(Debug, Args)]
#[command(after_help = "Ends with 1 when something is not well.")]
pub(crate) struct Doctor {
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Doctor {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let mut findings = vec![program()];
        let house = session.open()?;
        let history = match session.earlier_history() {
            Ok(history) => history,
            Err(failure) => {
                findings.push(database(&failure));
                None
            }
        };
        findings.extend(session.wait(house.examine(history.as_ref())));
        if self.format == Format::Json {
            session.screen.json(&findings)?;
        } else {
            let mut table = Table::bare(&[Side::Left, Side::Left, Side::Left]);
            for finding in &findings {
                let (word, tone) = if finding.ok { ("well", Tone::Good) } else { ("NOT WELL", Tone::Bad) };
                table.row([Cell::toned(word, tone), finding.what.clone().into(), finding.seen.clone().into()]);
                if let Some(remedy) = &finding.remedy {
                    table.row(["".into(), "".into(), Cell::toned(format!("do: {remedy}"), Tone::Strong)]);
                }
            }
            let paint = session.screen.paint;
            session.screen.text(&table.render(paint))?;
        }
        Ok(if findings.iter().all(|finding| finding.ok) { Ending::Done } else { Ending::Failed })
    }
}

fn database(failure: &Failure) -> Finding {
    let told: &dyn ProductError = failure;
    let why = told.why().map_or_else(String::new, |why| format!(": {why}"));
    let remedy = failure.remedy().unwrap_or_else(|| "restore it from a backup".to_owned());
    let remedy = format!("{remedy}; the tables do not need it");
    Finding { what: "database".to_owned(), ok: false, seen: format!("{failure}{why}"), remedy: Some(remedy) }
}

fn program() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (os, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    let seen = format!("grayghost {}, {os} on {processor}, {cores} cores", env!("CARGO_PKG_VERSION"));
    Finding { what: "program".to_owned(), ok: true, seen, remedy: None }
}
