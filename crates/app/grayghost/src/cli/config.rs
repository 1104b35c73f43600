//! `grayghost config`: the server's settings, and where each came from.

use clap::{Args, Subcommand};
use config::{Place, SECTIONS, Shown};
use serde_json::{Value, json};

use super::{Format, flags::Flags};
use crate::{
    exit::Ending,
    failure::Failure,
    figures::plural,
    layout::{Cell, Table},
    paint::Tone,
    session::Session,
    settings,
};

const EXAMPLES: &str = "\
Examples:
  grayghost config show                       every setting, its value and where that came from
  grayghost config check --log-level loud     what is wrong, all at once; ends with 2
  grayghost config default > grayghost.toml   a file to begin with
  grayghost config reference                  what each setting does, in its three spellings";

/// Look at the server's settings.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Config {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List every setting, its value and where that came from; secrets are `***`.
    Show(Show),
    /// Say whether the settings can be used, or everything that is wrong.
    Check(Check),
    /// Write a settings file that says what holds without one.
    Default,
    /// Write what each setting does, as Markdown.
    Reference,
}

#[derive(Debug, Args)]
struct Show {
    #[command(flatten)]
    flags: Flags,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Args)]
struct Check {
    #[command(flatten)]
    flags: Flags,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Config {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        match &self.what {
            What::Show(verb) => verb.answer(session)?,
            What::Check(verb) => verb.answer(session)?,
            What::Default => session.screen.text(&config::default_file(SECTIONS))?,
            What::Reference => session.screen.text(&config::markdown(SECTIONS))?,
        }
        Ok(Ending::Done)
    }
}

impl Show {
    fn answer(&self, session: &mut Session) -> Result<(), Failure> {
        let shown = settings::load(&session.project, self.flags.0.clone())?.shown;
        if self.format == Format::Json {
            return Ok(session.screen.json(&shown.iter().map(document).collect::<Vec<_>>())?);
        }
        let mut table = Table::new(&["SETTING", "VALUE", "FROM"]);
        for row in shown {
            let tone = if row.place == Place::Default { Tone::Dim } else { Tone::Plain };
            let value = row.value.unwrap_or_default();
            table.row([row.name.into(), Cell::toned(value, tone), Cell::toned(row.place.to_string(), tone)]);
        }
        let paint = session.screen.paint;
        Ok(session.screen.text(&table.render(paint))?)
    }
}

impl Check {
    fn answer(&self, session: &mut Session) -> Result<(), Failure> {
        let shown = settings::load(&session.project, self.flags.0.clone())?.shown;
        let given = shown.iter().filter(|row| row.place != Place::Default).count() as u64;
        if self.format == Format::Json {
            return Ok(session.screen.json(&json!({ "ok": true, "given": given }))?);
        }
        if session.screen.is_quiet() {
            return Ok(());
        }
        let (all, given) = (plural(shown.len() as u64, "setting"), plural(given, "value"));
        Ok(session.screen.line(format_args!("the settings can be used: {all}, {given} given"))?)
    }
}

fn document(row: &Shown) -> Value {
    json!({ "setting": row.name, "value": row.value, "from": row.place.to_string() })
}
