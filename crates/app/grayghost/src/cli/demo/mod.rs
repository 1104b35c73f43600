//! `grayghost demo`: the whole product on made-up sales whose truth is known.
//!
//! *Invariant*: run again in the same folder it ends the same way: the project is kept, the data are kept, files that
//! were loaded add nothing.

mod charts;
mod resolving;
mod serving;
mod truth;

use std::{fs, path::PathBuf};

use clap::Args;
use generator::{Manifest, RetailOptions};
use lakehouse::{AssetState, FileState, RunRequest, RunState, RunSummary};

use super::{generate, run};
use crate::{
    exit::Ending,
    failure::Failure,
    figures::plural,
    layout::{Cell, Side, Table},
    paint::{Paint, Tone},
    session::Session,
    summary,
};

/// About 120,000 sales lines: enough to be dirty in every way, and done in seconds.
const CUSTOMERS: u32 = 5_000;
const SEED: u64 = 7;
/// The files that a run loads, in the order that the truth is counted in.
const SALES: [&str; 2] = ["sales.csv", "sales_latin1.csv"];

const AFTER_HELP: &str = "\
The folder may be deleted at any time. Run again, the demo shows that files loaded twice add nothing.";

/// Show the whole product on made-up sales: a project, data, a run, its result.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Demo {
    /// The folder of the demo's project.
    #[arg(long, value_name = "DIR", default_value = "grayghost-demo", value_hint = clap::ValueHint::DirPath)]
    dir: PathBuf,
    /// Serve what was made, and say how to sign in.
    #[arg(long)]
    serve: bool,
    /// Address and port to serve on.
    #[arg(long, value_name = "ADDR", requires = "serve")]
    listen: Option<String>,
}

impl Demo {
    /// Whether it becomes a server.
    pub(crate) fn serves(&self) -> bool {
        self.serve
    }

    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        session.project.clone_from(&self.dir);
        say(
            session,
            "Gray Ghost: raw sales files become a star schema that can be trusted, and records become people.\n",
        )?;
        self.project(session)?;
        let manifest = self.data(session)?;
        let names = SALES.iter().chain(&resolving::FILES);
        let files = names.map(|name| self.dir.join("data").join(name)).collect();
        let done = run::perform(session, RunRequest { files, ..RunRequest::default() })?;
        say_step(session, "3  run", &run_text(&done))?;
        if done.state != RunState::Succeeded {
            summary::write(session, &done)?;
            return Ok(Ending::of_run(done.state));
        }
        resolving::tell(session, &self.dir.join("data"))?;
        let ending = self.result(session, &done, &manifest)?;
        if self.serve {
            return serving::serve(session, self.listen.as_deref());
        }
        Ok(ending)
    }

    fn project(&self, session: &mut Session) -> Result<(), Failure> {
        let known = self.dir.join("grayghost.toml").exists();
        if !known {
            lakehouse::init_project(&self.dir, "retail")?;
        }
        resolving::add(&self.dir)?;
        let what = if known { "is there already" } else { "made from the template `retail`" };
        say_step(session, "1  project", &format!("{}: {what}", self.dir.display()))
    }

    /// Makes the data, or keeps those of an earlier demo.
    fn data(&self, session: &mut Session) -> Result<Manifest, Failure> {
        let out = self.dir.join("data");
        let (manifest, what) = if let Some(manifest) = self.earlier() {
            (manifest, "are there already")
        } else {
            let options = RetailOptions { customers: CUSTOMERS, seed: SEED, out: out.clone() };
            (generate::perform(session, &options)?, "made, dirty on purpose; the truth is known")
        };
        let lines = plural(manifest.truth.sales.bronze_rows, "sales line");
        let customers = plural(manifest.customers.into(), "customer");
        say_step(session, "2  data", &format!("{}: {lines} of {customers} {what}", out.display()))?;
        Ok(manifest)
    }

    /// The data of an earlier demo, if all files are there in full.
    fn earlier(&self) -> Option<Manifest> {
        let folder = self.dir.join("data");
        let manifest: Manifest = serde_json::from_slice(&fs::read(folder.join("manifest.json")).ok()?).ok()?;
        let is_whole = |name: &str, size| fs::metadata(folder.join(name)).is_ok_and(|found| found.len() == size);
        let ours = (manifest.version, manifest.customers, manifest.seed) == (Manifest::VERSION, CUSTOMERS, SEED)
            && manifest.files.iter().all(|file| is_whole(&file.name, file.bytes));
        ours.then_some(manifest)
    }

    fn result(&self, session: &mut Session, done: &RunSummary, manifest: &Manifest) -> Result<Ending, Failure> {
        let paint = session.screen.paint;
        for balance in &done.reconciliations {
            let heading = paint.strong("every row is accounted for");
            say(session, &format!("\n{heading}\n{}", summary::balance_text(balance, paint).trim_end()))?;
        }
        let verdict = truth::compare(session, done, manifest)?;
        charts::write(session)?;
        let mut table = Table::bare(&[Side::Left, Side::Left]);
        let mut add = |what: String, why: &str| table.row([what.into(), Cell::toned(why, Tone::Dim)]);
        add(session.path(".grayghost/reports/latest.html"), "open it in a browser: the quality report");
        add(format!("cd {}", self.dir.display()), "go into the project");
        add("grayghost sql \"select * from gold.top_products\"".to_owned(), "ask a question");
        add("grayghost assets".to_owned(), "what was made");
        add("grayghost quality".to_owned(), "every rule and its verdict");
        add("grayghost resolve report data/people.csv --id record_id --out people.html".to_owned(), "why they are who");
        if !self.serve {
            add("grayghost demo --serve".to_owned(), "the same over HTTP: sign in, ask by curl");
        }
        add("grayghost lineage gold.fact_sale.total_amount".to_owned(), "where a number comes from");
        let heading = paint.strong("look next");
        say(session, &format!("\n{heading}\n{}", table.render(paint).trim_end()))?;
        Ok(if verdict == truth::Verdict::Different { Ending::Failed } else { Ending::Done })
    }
}

fn run_text(done: &RunSummary) -> String {
    let files = |state| done.files.iter().filter(move |file| file.state == state);
    let rows = files(FileState::Loaded).map(|file| file.rows).sum();
    let again = files(FileState::AlreadyLoaded).count() as u64;
    let loaded = if again == done.files.len() as u64 {
        format!("{} already loaded, nothing added", plural(again, "file"))
    } else {
        format!("{} loaded", plural(rows, "row"))
    };
    let made = done.assets.iter().filter(|asset| asset.state == AssetState::Succeeded).count() as u64;
    let rules = summary::verdicts(&done.checks, Paint::plain());
    let time = crate::figures::millis(done.duration_ms);
    let made =
        if made == 0 { "every table is up to date".to_owned() } else { format!("{} made", plural(made, "table")) };
    format!("{loaded}, {made} in {time}; of {}: {rules}", plural(done.checks.len() as u64, "rule"))
}

fn say(session: &mut Session, text: &str) -> Result<(), Failure> {
    if session.screen.is_quiet() {
        return Ok(());
    }
    session.screen.line(text)?;
    // Bars come between these lines, on another stream.
    Ok(session.screen.flush()?)
}

fn say_step(session: &mut Session, name: &str, text: &str) -> Result<(), Failure> {
    let name = session.screen.paint.strong(&format!("{name:<11}"));
    say(session, &format!("{name} {text}"))
}
