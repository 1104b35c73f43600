//! `grayghost assets`: what exists, how big, how fresh, how good.

use clap::Args;
use lakehouse::AssetInfo;

use super::Format;
use crate::{
    exit::Ending,
    failure::Failure,
    figures::{bytes, count, moment},
    layout::{Cell, Table},
    paint::Tone,
    session::Session,
};

/// List the tables of the project: how big, how fresh, how good.
#[derive(Debug, Args)]
pub(crate) struct Assets {
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Assets {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let house = session.open()?;
        let history = session.earlier_history()?;
        let assets = session.wait(house.list_assets(history.as_ref()))?;
        if self.format == Format::Json {
            session.screen.json(&assets)?;
            return Ok(Ending::Done);
        }
        let paint = session.screen.paint;
        session.screen.text(&table(&assets).render(paint))?;
        if assets.iter().all(|asset| asset.version.is_none()) && !session.screen.is_quiet() {
            let hint = session.command("run YOUR_FILE.csv");
            session.screen.line(format_args!("\n  nothing is made yet: {hint}"))?;
        }
        Ok(Ending::Done)
    }
}

fn table(assets: &[AssetInfo]) -> Table {
    let mut table =
        Table::new(&["ASSET", "KIND", ">ROWS", ">SIZE", ">FILES", ">VERSION", "UPDATED (UTC)", "CHECKS", "OWNER"]);
    for asset in assets {
        let made = asset.version.is_some() || asset.kind == "view";
        let (checks, tone) = match asset.checks {
            None => (String::new(), Tone::Plain),
            Some(checks) if checks.failed > 0 => (format!("{} FAILED", checks.failed), Tone::Bad),
            Some(checks) if checks.warned > 0 => {
                (format!("{} hold, {} noted", checks.passed, checks.warned), Tone::Warn)
            }
            Some(checks) => (format!("{} hold", checks.passed), Tone::Good),
        };
        table.row([
            Cell::toned(asset.asset.clone(), if made { Tone::Plain } else { Tone::Dim }),
            Cell::toned(asset.kind.clone(), Tone::Dim),
            asset.rows.map_or_else(String::new, count).into(),
            asset.size_bytes.map_or_else(String::new, bytes).into(),
            asset.files.map_or_else(String::new, count).into(),
            asset.version.map_or_else(String::new, |version| version.to_string()).into(),
            match &asset.updated_at {
                Some(time) => moment(time).into(),
                None if made => Cell::default(),
                None => Cell::toned("not made yet", Tone::Dim),
            },
            Cell::toned(checks, tone),
            asset.owner.clone().unwrap_or_default().into(),
        ]);
    }
    table
}
