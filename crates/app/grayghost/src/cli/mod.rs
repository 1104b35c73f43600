//! The command line: what can be typed, and which verb answers. One file per verb.

mod assets;
mod audit;
mod beside;
mod completions;
mod config;
mod dead_letters;
mod demo;
mod doctor;
mod events;
mod explain;
mod flags;
mod generate;
mod init;
mod jobs;
mod keys;
mod lineage;
mod openapi;
mod operator;
mod permissions;
mod quality;
mod resolve;
mod run;
mod runs;
mod serve;
mod sniff;
mod sql;
mod usage;
mod users;

use std::{
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand, ValueEnum, error::ErrorKind};
use lakehouse::Fault;
use serde_json::json;

use crate::{
    exit::Ending,
    failure::Failure,
    paint::Paint,
    screen::{Chatter, Screen},
    session::Session,
    telling,
};

/// Names the log lines to write on standard error, in the syntax of `tracing`'s `EnvFilter`, such as `info`.
const LOG_VARIABLE: &str = "GRAYGHOST_LOG";

const EXAMPLES: &str = "\
Examples:
  grayghost demo                              the whole product on made-up sales, in seconds
  grayghost init shop && cd shop              a new project
  grayghost run ../online_retail.csv          load a file, make every table, check every rule
  grayghost run --select +gold.dim_customer   one table and what it is made from
  grayghost sql \"select * from gold.monthly_sales\"
  grayghost lineage gold.fact_sale.total_amount
  grayghost resolve dedupe people.csv --id record_id --out clusters.csv
  grayghost serve --listen 127.0.0.1:8080     the server; `events`, `jobs` and `config` look at it
  grayghost users create ann@example.com      an account; `keys create` makes a key for a program
  grayghost explain lakehouse.header_missing  what an error means and what to do

Exit codes:
  0 done   1 an asset or a rule failed   2 wrong input or use   4 locked by another run or server
  5 something needed is unavailable   70 a fault of ours   130 cancelled

NO_COLOR turns colours off; GRAYGHOST_LOG=info shows what the engine does.";

/// Raw sales files in, a star schema that passes its own quality rules out.
#[derive(Debug, Parser)]
#[command(name = "grayghost", version, about, after_help = EXAMPLES, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Folder of the project.
    #[arg(long, global = true, value_name = "DIR", default_value = ".", value_hint = clap::ValueHint::DirPath)]
    project: PathBuf,
    /// Only answers and errors: no progress, no summary.
    #[arg(long, short, global = true)]
    quiet: bool,
}

/// What one can ask.
#[derive(Debug, Subcommand)]
enum Verb {
    Init(init::Init),
    Run(run::Run),
    Sniff(sniff::Sniff),
    Sql(sql::Sql),
    Assets(assets::Assets),
    Lineage(lineage::Lineage),
    Quality(quality::Quality),
    Resolve(resolve::Resolve),
    Runs(runs::Runs),
    Serve(serve::Serve),
    Events(events::Events),
    Jobs(jobs::Jobs),
    DeadLetters(dead_letters::DeadLetters),
    Users(users::Users),
    Keys(keys::Keys),
    Audit(audit::Audit),
    Permissions(permissions::Permissions),
    Openapi(openapi::Openapi),
    Config(config::Config),
    Doctor(doctor::Doctor),
    Explain(explain::Explain),
    Generate(generate::Generate),
    Demo(demo::Demo),
    Completions(completions::Completions),
}

/// How an answer is written: for people, or as one JSON document for programs.
// The values carry no comments of their own: with them the parser spreads every help over two screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

impl Verb {
    /// Whether it becomes a server.
    fn serves(&self) -> bool {
        match self {
            Self::Serve(_) => true,
            Self::Demo(demo) => demo.serves(),
            _ => false,
        }
    }

    fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        match self {
            Self::Init(verb) => verb.answer(session),
            Self::Run(verb) => verb.answer(session),
            Self::Sniff(verb) => verb.answer(session),
            Self::Sql(verb) => verb.answer(session),
            Self::Assets(verb) => verb.answer(session),
            Self::Lineage(verb) => verb.answer(session),
            Self::Quality(verb) => verb.answer(session),
            Self::Resolve(verb) => verb.answer(session),
            Self::Runs(verb) => verb.answer(session),
            Self::Serve(verb) => verb.answer(session),
            Self::Events(verb) => verb.answer(session),
            Self::Jobs(verb) => verb.answer(session),
            Self::DeadLetters(verb) => verb.answer(session),
            Self::Users(verb) => verb.answer(session),
            Self::Keys(verb) => verb.answer(session),
            Self::Audit(verb) => verb.answer(session),
            Self::Permissions(verb) => verb.answer(session),
            Self::Openapi(verb) => verb.answer(session),
            Self::Config(verb) => verb.answer(session),
            Self::Doctor(verb) => verb.answer(session),
            Self::Explain(verb) => verb.answer(session),
            Self::Generate(verb) => verb.answer(session),
            Self::Demo(verb) => verb.answer(session),
            Self::Completions(verb) => verb.answer(session),
        }
    }
}

/// Answers what was typed; the exit code says how it ended.
pub(crate) fn main() -> ExitCode {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let as_json = wants_json(&typed);
    let cli = match Cli::try_parse_from(typed) {
        Ok(cli) => cli,
        Err(error) => return refused(&error, as_json).into(),
    };
    // The server has a log of its own, set up as its settings say.
    if !cli.verb.as_ref().is_some_and(Verb::serves) {
        log_if_wanted();
    }
    let chatter = if cli.quiet { Chatter::Quiet } else { Chatter::Normal };
    let mut screen = Screen::new(chatter);
    let Some(verb) = cli.verb else {
        let help = Cli::command().render_help();
        let shown = screen.text(&help.to_string()).and_then(|()| screen.flush());
        return shown.map_or_else(|error| tell(&error.into(), as_json), |()| Ending::Done).into();
    };
    let ending = Session::start(cli.project, screen).and_then(|mut session| {
        let ending = verb.answer(&mut session)?;
        session.screen.flush()?;
        Ok(ending)
    });
    ending.unwrap_or_else(|failure| tell(&failure, as_json)).into()
}

/// Tells a failure: for people on standard error, and for programs that asked for JSON on standard output as well.
fn tell(failure: &Failure, as_json: bool) -> Ending {
    let (fault, ending) = (Fault::of(failure), failure.ending());
    if as_json {
        let document = json!({ "error": fault, "exit_code": ending.number() });
        let _told = writeln!(io::stdout(), "{document:#}");
    }
    telling::tell(&fault, Paint::for_stream(&io::stderr()));
    ending
}

/// What the parser refuses, in the layout of all errors. It also "refuses" `--help` and `--version`, with the answer.
fn refused(error: &clap::Error, as_json: bool) -> Ending {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _told = error.print();
        return Ending::Done;
    }
    tell(&usage::failure(error), as_json)
}

/// Whether the answer is to be JSON; asked before parsing, since the parser's refusal is an answer too.
fn wants_json(typed: &[OsString]) -> bool {
    typed.iter().any(|word| word == "--format=json")
        || typed.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json")
}

fn log_if_wanted() {
    if let Ok(wanted) = std::env::var(LOG_VARIABLE) {
        let filter = tracing_subscriber::EnvFilter::new(wanted);
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    }
}
