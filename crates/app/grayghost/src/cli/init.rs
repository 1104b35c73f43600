//! `grayghost init DIR`: a new project.

use std::path::PathBuf;

use clap::Args;

use crate::{
    exit::Ending,
    failure::Failure,
    figures::plural,
    layout::{Cell, Side, Table},
    paint::Tone,
    session::{self, Session},
};

/// Make a new project in a new or empty folder.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  grayghost init shop && cd shop && grayghost run ../online_retail.csv")]
pub(crate) struct Init {
    /// The folder; made when it does not exist.
    #[arg(value_hint = clap::ValueHint::DirPath)]
    dir: PathBuf,
    /// What the project is made from.
    #[arg(long, value_name = "NAME", default_value = "retail")]
    template: String,
}

impl Init {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let written = lakehouse::init_project(&self.dir, &self.template)?;
        if session.screen.is_quiet() {
            return Ok(Ending::Done);
        }
        let (files, dir) = (plural(written.len() as u64, "file"), self.dir.display());
        session.screen.line(format_args!("made project {dir} from template `{}`: {files}\n", self.template))?;
        let mut table = Table::bare(&[Side::Left, Side::Left]);
        let mut add = |name: &str, what: &str| table.row([name.into(), Cell::toned(what, Tone::Dim)]);
        add("grayghost.toml", "settings");
        add("sources/", "which files there are, and what their columns are called");
        add("models/", "one SQL file a table, one YAML file with its rules");
        add("data/", "files put here are loaded by a run that names none");
        let paint = session.screen.paint;
        session.screen.text(&table.render(paint))?;
        let next = paint.strong("next");
        session.screen.line(format_args!("\n{next}\n  {}", session::command(&self.dir, "run YOUR_FILE.csv")))?;
        Ok(Ending::Done)
    }
}
