//! `grayghost runs`: what earlier runs did.

use clap::Args;
use lakehouse::{AssetState, FileState, RunSummary};

use super::Format;
use crate::{
    exit::Ending,
    failure::Failure,
    figures::{count, millis, moment},
    layout::{Cell, Table},
    paint::{Paint, Tone},
    session::Session,
    summary::{run_state, verdicts},
};

/// Most runs that one answer lists.
const MOST: i64 = 200;

/// List the last runs, newest first.
#[derive(Debug, Args)]
pub(crate) struct Runs {
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=MOST))]
    limit: u32,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Runs {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let house = session.open()?;
        let runs = match session.earlier_history()? {
            Some(history) => session.wait(house.list_runs(&history, self.limit))?,
            None => Vec::new(),
        };
        if self.format == Format::Json {
            session.screen.json(&runs)?;
        } else if runs.is_empty() {
            let hint = session.command("run YOUR_FILE.csv");
            session.screen.line(format_args!("no run yet: {hint}"))?;
        } else {
            let paint = session.screen.paint;
            session.screen.text(&table(&runs).render(paint))?;
        }
        Ok(Ending::Done)
    }
}

fn table(runs: &[RunSummary]) -> Table {
    let heads =
        ["STARTED (UTC)", "RESULT", ">TIME", ">FILES", ">ROWS LOADED", ">ASSETS MADE", ">FAILED", "RULES", "REPORT"];
    let mut table = Table::new(&heads);
    for run in runs {
        let (word, tone) = run_state(run.state);
        let loaded = || run.files.iter().filter(|file| file.state == FileState::Loaded);
        let assets = |state| run.assets.iter().filter(|asset| asset.state == state).count() as u64;
        let failed = assets(AssetState::Failed);
        table.row([
            moment(&run.started_at).into(),
            Cell::toned(word, tone),
            millis(run.duration_ms).into(),
            count(loaded().count() as u64).into(),
            count(loaded().map(|file| file.rows).sum()).into(),
            count(assets(AssetState::Succeeded)).into(),
            Cell::toned(count(failed), if failed > 0 { Tone::Bad } else { Tone::Plain }),
            verdicts(&run.checks, Paint::plain()).into(),
            Cell::toned(run.report.clone().unwrap_or_default(), Tone::Dim),
        ]);
    }
    table
}
