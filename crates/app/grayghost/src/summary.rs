//! What a run did, in one screen.

use lakehouse::{AssetResult, AssetState, CheckResult, FileResult, FileState, Reconciliation, RunState, RunSummary};

use crate::{
    failure::Failure,
    figures::{bytes, count, millis, plural, ratio, share},
    layout::{Cell, Side, Table},
    paint::{Paint, Tone},
    session::Session,
    telling,
};

/// Above so many files only those are listed that were not loaded.
const FILES_LISTED: usize = 12;
/// Failing rules that are listed; `grayghost quality` has all.
const RULES_LISTED: usize = 10;
/// Longest sample, in characters.
const SAMPLE_WIDTH: usize = 110;
const NONE: &str = "-";

/// Writes the summary: answer on standard output, faults of assets on standard error.
pub(crate) fn write(session: &mut Session, summary: &RunSummary) -> Result<(), Failure> {
    if !session.screen.is_quiet() {
        let paint = session.screen.paint;
        session.screen.line(headline(summary, paint))?;
        section(session, "files", &files(&summary.files, paint))?;
        section(session, "assets", &assets(&summary.assets, paint))?;
        for balance in &summary.reconciliations {
            section(session, "rows", &balance_text(balance, paint))?;
            section(session, "set aside", &reasons(balance, paint))?;
        }
        section(session, "rules", &rules(&summary.checks, paint))?;
        section(session, "next", &next(session, summary, paint))?;
    }
    session.screen.flush()?;
    tell_faults(summary);
    Ok(())
}

/// Tells on standard error why assets failed; one cause that stopped several is told once.
pub(crate) fn tell_faults(summary: &RunSummary) {
    let mut told = Vec::new();
    for fault in summary.assets.iter().filter_map(|asset| asset.fault.as_ref()) {
        if !told.contains(&fault) {
            telling::tell(fault, Paint::for_stream(&std::io::stderr()));
            told.push(fault);
        }
    }
}

fn section(session: &mut Session, name: &str, text: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Ok(());
    }
    let name = session.screen.paint.strong(name);
    session.screen.line(format_args!("\n{name}"))?;
    Ok(session.screen.text(text)?)
}

/// `shop: succeeded in 1.32 s`.
pub(crate) fn headline(summary: &RunSummary, paint: Paint) -> String {
    let (word, tone) = run_state(summary.state);
    let project = paint.strong(&summary.project);
    let id = paint.dim(&format!("(run {})", summary.run_id));
    format!("{project}: {} in {} {id}", paint.tone(tone, word), millis(summary.duration_ms))
}

/// A run's state in words.
pub(crate) fn run_state(state: RunState) -> (&'static str, Tone) {
    match state {
        RunState::Succeeded => ("succeeded", Tone::Good),
        RunState::Failed => ("failed", Tone::Bad),
        RunState::Cancelled => ("cancelled", Tone::Warn),
        RunState::Interrupted => ("interrupted", Tone::Warn),
        RunState::Running => ("running", Tone::Plain),
    }
}

fn files(files: &[FileResult], paint: Paint) -> String {
    let mut table = Table::new(&["FILE", ">ROWS", ">MALFORMED", ">SIZE", ">TIME", "RESULT"]);
    let many = files.len() > FILES_LISTED;
    for file in files.iter().filter(|file| !many || matches!(file.state, FileState::Failed | FileState::Skipped)) {
        let (word, tone) = match file.state {
            FileState::Loaded => (format!("loaded into {}", file.table), Tone::Good),
            FileState::AlreadyLoaded => ("already loaded, nothing added".to_owned(), Tone::Dim),
            FileState::Failed => ("failed, nothing of it was written".to_owned(), Tone::Bad),
            FileState::Skipped => ("not reached".to_owned(), Tone::Warn),
        };
        let loaded = file.state == FileState::Loaded;
        table.row([
            file.path.clone().into(),
            if loaded { count(file.rows) } else { NONE.to_owned() }.into(),
            if loaded { noticed(file.malformed) } else { NONE.into() },
            bytes(file.size_bytes).into(),
            millis(file.duration_ms).into(),
            Cell::toned(word, tone),
        ]);
    }
    let rest = if many { files_together(files) } else { String::new() };
    if table.is_empty() { rest } else { table.render(paint) + &rest }
}

fn files_together(files: &[FileResult]) -> String {
    let with = |state| files.iter().filter(move |file| file.state == state);
    let loaded = || with(FileState::Loaded);
    let again = with(FileState::AlreadyLoaded).count() as u64;
    format!(
        "  {}: {} loaded ({}, {} malformed), {} already loaded\n",
        plural(files.len() as u64, "file"),
        count(loaded().count() as u64),
        plural(loaded().map(|file| file.rows).sum(), "row"),
        count(loaded().map(|file| file.malformed).sum()),
        count(again),
    )
}

fn noticed(number: u64) -> Cell {
    Cell::toned(count(number), if number > 0 { Tone::Warn } else { Tone::Plain })
}

fn assets(assets: &[AssetResult], paint: Paint) -> String {
    let heads = ["ASSET", "KIND", "RESULT", ">WRITTEN", ">TOTAL", ">REJECTED", ">DUPLICATES", "CHECKS", ">TIME"];
    let mut table = Table::new(&heads);
    for asset in assets {
        let is_view = asset.kind == "view";
        let (word, tone) = match asset.state {
            // A view holds no rows: it is made whenever it is read.
            AssetState::Unchanged if is_view => ("ready", Tone::Good),
            state => asset_state(state),
        };
        let some = |number: u64| if number == 0 { String::new() } else { count(number) };
        table.row([
            asset.asset.clone().into(),
            Cell::toned(asset.kind.clone(), Tone::Dim),
            Cell::toned(word, tone),
            some(asset.rows_written).into(),
            if is_view { String::new() } else { count(asset.rows_total) }.into(),
            Cell::toned(some(asset.rejected), Tone::Warn),
            some(asset.duplicates).into(),
            checks(asset),
            millis(asset.duration_ms).into(),
        ]);
    }
    if table.is_empty() { String::new() } else { table.render(paint) }
}

fn asset_state(state: AssetState) -> (&'static str, Tone) {
    match state {
        AssetState::Succeeded => ("done", Tone::Good),
        AssetState::Unchanged => ("unchanged", Tone::Dim),
        AssetState::Failed => ("FAILED", Tone::Bad),
        AssetState::Skipped => ("skipped", Tone::Warn),
        AssetState::Cancelled => ("cancelled", Tone::Warn),
    }
}

fn checks(asset: &AssetResult) -> Cell {
    let counts = asset.checks;
    let mut parts = Vec::new();
    if counts.failed > 0 {
        parts.push(format!("{} failed", counts.failed));
    }
    if counts.warned > 0 {
        parts.push(format!("{} noted", counts.warned));
    }
    if counts.passed > 0 {
        parts.push(format!("{} hold", counts.passed));
    }
    let tone = match (counts.failed, counts.warned) {
        (0, 0) => Tone::Plain,
        (0, _) => Tone::Warn,
        _ => Tone::Bad,
    };
    Cell::toned(parts.join(", "), tone)
}

/// `541,909 = 534,129 + 2,512 + 5,268`, with the names of the four.
pub(crate) fn balance_text(balance: &Reconciliation, paint: Paint) -> String {
    let Reconciliation { from, to, rows, kept, rejected, duplicates, .. } = balance;
    let numbers = [*rows, *kept, *rejected, *duplicates].map(count);
    let names = [from.as_str(), to.as_str(), "rejected", "duplicates"];
    let signs = [" = ", " + ", " + ", ""];
    let (mut upper, mut lower) = (String::from("  "), String::from("  "));
    for ((number, name), sign) in numbers.iter().zip(names).zip(signs) {
        upper.push_str(number);
        upper.push_str(sign);
        lower.push_str(name);
        lower.push_str(sign);
    }
    let verdict = if balance.holds { paint.tone(Tone::Good, "adds up") } else { paint.bad("DOES NOT ADD UP") };
    format!("{upper}  {verdict}\n{}\n", paint.dim(&lower))
}

/// Why rows were set aside, most first.
pub(crate) fn reasons(balance: &Reconciliation, paint: Paint) -> String {
    let mut table = Table::bare(&[Side::Right, Side::Left, Side::Left]);
    for (reason, rows) in &balance.reasons {
        let part = share(ratio(*rows, balance.rows));
        table.row([count(*rows).into(), reason.clone().into(), Cell::toned(format!("{part} of all rows"), Tone::Dim)]);
    }
    if table.is_empty() {
        return String::new();
    }
    format!("{}  {}\n", table.render(paint), paint.dim(&format!("kept in {}", balance.rejects)))
}

fn rules(checks: &[CheckResult], paint: Paint) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let mut text = format!("  {}\n", verdicts(checks, paint));
    let broken = |severity: &'static str| broken(checks, severity);
    for check in broken("error").chain(broken("warn")).take(RULES_LISTED) {
        text.push_str(&broken_rule(check, paint));
    }
    text
}

fn broken<'a>(checks: &'a [CheckResult], severity: &'static str) -> impl Iterator<Item = &'a CheckResult> {
    checks.iter().filter(move |check| !check.success && check.severity == severity)
}

/// `132 hold, 2 set rows aside`.
pub(crate) fn verdicts(checks: &[CheckResult], paint: Paint) -> String {
    let held = checks.iter().filter(|check| check.success).count() as u64;
    let mut parts = vec![format!("{} hold", count(held))];
    let kinds =
        [("error", "failed", Tone::Bad), ("warn", "warned", Tone::Warn), ("quarantine", "set rows aside", Tone::Plain)];
    for (severity, word, tone) in kinds {
        let number = broken(checks, severity).count() as u64;
        if number > 0 {
            parts.push(paint.tone(tone, &format!("{} {word}", count(number))));
        }
    }
    parts.join(", ")
}

/// A rule that does not hold, with a row that breaks it.
pub(crate) fn broken_rule(check: &CheckResult, paint: Paint) -> String {
    let tone = if check.severity == "error" { Tone::Bad } else { Tone::Warn };
    let seen = match (&check.observed, check.unexpected) {
        (Some(observed), _) => observed.clone(),
        (None, unexpected) => format!("{} of {}", count(unexpected), plural(check.rows, "row")),
    };
    let severity = paint.tone(tone, &check.severity);
    let mut text = format!("  {severity}  {}: {}  ({seen})\n", check.asset, check.expectation);
    if let Some(sample) = check.samples.first() {
        let line = format!("    {} {}\n", paint.dim("for example"), shortened(&sample.to_string()));
        text.push_str(&line);
    }
    text
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SAMPLE_WIDTH) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn next(session: &Session, summary: &RunSummary, paint: Paint) -> String {
    let mut table = Table::bare(&[Side::Left, Side::Left]);
    let mut add = |text: String, why: &str| table.row([text.into(), Cell::toned(why, Tone::Dim)]);
    if let Some(report) = &summary.report {
        add(session.path(report), "open it in a browser: the quality report");
    }
    if summary.state != RunState::Succeeded {
        add(session.command("run --retry"), "does what was not done");
    }
    let made = |asset: &&AssetResult| matches!(asset.state, AssetState::Succeeded | AssetState::Unchanged);
    let is_result = |asset: &&AssetResult| !matches!(asset.kind.as_str(), "source" | "rejects" | "view");
    // The last in the order of the graph is the furthest from the raw files, and so the likeliest to be wanted.
    if let Some(asset) = summary.assets.iter().filter(made).rfind(is_result) {
        add(session.command(&format!("sql \"select * from {} limit 10\"", asset.asset)), "looks into a table");
        add(session.command(&format!("lineage {}", asset.asset)), "where it comes from");
    }
    add(session.command("quality"), "every rule and its verdict");
    table.render(paint)
}
