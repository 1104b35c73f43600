//! `grayghost generate retail`: sales as dirty as real ones, whose truth is known.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use generator::{Manifest, RetailOptions};

use crate::{
    exit::Ending,
    failure::Failure,
    figures::{bytes, count, plural},
    layout::{Cell, Side, Table},
    paint::{Paint, Tone},
    progress,
    session::{self, Session},
};

const EXAMPLES: &str = "\
Example:
  grayghost generate retail --customers 20000 --seed 7 --out shop-data
The same seed and number give the same bytes on every machine.";

/// Make data to try things on, with its truth.
#[derive(Debug, Args)]
pub(crate) struct Generate {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Retail(Retail),
}

/// People, companies and sales of a made-up shop, dirty on purpose, and the truth about them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct Retail {
    /// How many distinct people; about 20 sales lines each.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    customers: u32,
    /// Decides all chance.
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// The folder to write: new, empty, or written by an earlier call.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: PathBuf,
}

impl Generate {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let What::Retail(retail) = &self.what;
        let options = RetailOptions { customers: retail.customers, seed: retail.seed, out: retail.out.clone() };
        let manifest = perform(session, &options)?;
        if !session.screen.is_quiet() {
            let text = text(&manifest, &retail.out, session.screen.paint);
            session.screen.text(&text)?;
        }
        Ok(Ending::Done)
    }
}

/// Generates with a bar on standard error.
pub(super) fn perform(session: &Session, options: &RetailOptions) -> Result<Manifest, Failure> {
    let bar = progress::bar(&session.screen, "making data", 0);
    let manifest = generator::generate_retail(options, &session.cancel, &mut |progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    });
    bar.finish_and_clear();
    Ok(manifest?)
}

fn text(manifest: &Manifest, out: &Path, paint: Paint) -> String {
    let mut table = Table::new(&["FILE", ">ROWS", ">SIZE"]);
    for file in &manifest.files {
        let rows = file.rows.map_or_else(String::new, count);
        table.row([file.name.clone().into(), rows.into(), bytes(file.bytes).into()]);
    }
    let truth = &manifest.truth;
    let sales = &truth.sales;
    let mut facts = Table::bare(&[Side::Right, Side::Left]);
    let mut add = |number: u64, what: String| facts.row([count(number).into(), Cell::toned(what, Tone::Dim)]);
    add(truth.people, format!("people behind {}", plural(truth.people_records, "record")));
    add(truth.companies, format!("companies behind {}", plural(truth.company_records, "record")));
    add(sales.bronze_rows, "sales lines in both files; of them".to_owned());
    add(sales.silver_rows, "good ones".to_owned());
    add(sales.rejected_rows, "that a correct run sets aside".to_owned());
    add(sales.duplicates_removed, "duplicates".to_owned());
    format!(
        "made {} in {}: {}, seed {}\n\n{}\n{}\n{}\n{}\n  {}\n",
        plural(manifest.files.len() as u64 + 1, "file"),
        out.display(),
        plural(u64::from(manifest.customers), "customer"),
        manifest.seed,
        table.render(paint),
        paint.strong("the truth (manifest.json)"),
        facts.render(paint),
        paint.strong("next"),
        session::command(
            Path::new("."),
            &format!("run {} {}", out.join("sales.csv").display(), out.join("sales_latin1.csv").display())
        ),
    )
}
