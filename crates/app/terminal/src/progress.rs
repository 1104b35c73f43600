//! Work under way: bars on a terminal, otherwise a line when something is done.

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use lakehouse::{Listener, RunProgress};

use crate::{
    figures::{count, millis, plural},
    screen::{Motion, Screen},
};

/// A bar with a known end.
const MEASURED: &str = "  {prefix:<32!} [{bar:24}] {percent:>3} %  {msg}  {eta} left";
/// Work whose amount nobody knows.
const OPEN: &str = "  {prefix:<32!} {spinner}  {msg}  {elapsed}";
/// All files of a run.
const OVERALL: &str = "  {prefix:<32!} [{bar:24}] {pos} of {len}  {eta} left";
const BAR_SIGNS: &str = "=> ";
const TURN: Duration = Duration::from_millis(120);
/// Above so many files, lines are written for every so-manieth only: a log with a line a file tells nobody anything.
const FILES_TOLD_ONE_BY_ONE: u64 = 20;
const LINES_FOR_MANY_FILES: u64 = 10;
const READING: &str = "reading files";

/// Who shows a run on this screen.
pub fn listener(screen: &Screen) -> Listener {
    match screen.motion() {
        Motion::None => Arc::new(|_| {}),
        Motion::Bars => {
            let bars = Bars { all: screen.bars().clone(), steps: Mutex::default() };
            Arc::new(move |event| bars.show(event))
        }
        Motion::Lines => {
            let lines = Lines::default();
            Arc::new(move |event| lines.show(&event))
        }
    }
}

/// A bar for one piece of work whose end is known.
pub fn bar(screen: &Screen, name: &'static str, total: u64) -> ProgressBar {
    let bar = screen.bars().add(ProgressBar::new(total).with_prefix(name));
    bar.set_style(style(MEASURED));
    bar
}

fn style(template: &str) -> ProgressStyle {
    // A template is a constant of ours; should one be wrong, the plain bar is better than no run.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars(BAR_SIGNS)
}

struct Bars {
    all: MultiProgress,
    steps: Mutex<HashMap<String, ProgressBar>>,
}

impl Bars {
    fn show(&self, event: RunProgress) {
        // A bar is only drawn: whoever panicked while drawing has left nothing half-done that matters.
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            RunProgress::Planned { files, .. } if files > 1 => {
                let overall = self.all.insert(0, ProgressBar::new(files as u64).with_prefix("files"));
                overall.set_style(style(OVERALL));
                steps.insert(OVERALL.to_owned(), overall);
            }
            RunProgress::Planned { .. } => {}
            RunProgress::Started { step, total, unit } => {
                let bar = self.started(&step, total, unit);
                if let Some(before) = steps.insert(step, bar) {
                    self.remove(&before);
                }
            }
            RunProgress::Progress { step, done, rows } => {
                if let Some(bar) = steps.get(&step) {
                    bar.set_position(done);
                    bar.set_message(pace(rows, bar.elapsed()));
                }
            }
            RunProgress::Finished { step, state, .. } => {
                if let Some(bar) = steps.remove(&step) {
                    self.remove(&bar);
                }
                if let Some(overall) = steps.get(OVERALL).filter(|_| is_file(&state)) {
                    overall.inc(1);
                    if Some(overall.position()) == overall.length() {
                        self.remove(overall);
                    }
                }
            }
        }
    }

    fn started(&self, step: &str, total: u64, unit: &str) -> ProgressBar {
        let bar = if total == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(total) };
        let bar = self.all.add(bar.with_prefix(step.to_owned()));
        bar.set_style(style(match (total, unit) {
            (0, _) => OPEN,
            (_, "files") => OVERALL,
            _ => MEASURED,
        }));
        if total == 0 {
            bar.enable_steady_tick(TURN);
        }
        bar
    }

    fn remove(&self, bar: &ProgressBar) {
        bar.finish_and_clear();
        self.all.remove(bar);
    }
}

/// Rows so far and rows a second.
fn pace(rows: u64, elapsed: Duration) -> String {
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    match rows.saturating_mul(1_000).checked_div(elapsed_ms) {
        Some(rate) if rows > 0 => format!("{}  {} rows/s", plural(rows, "row"), count(rate)),
        _ => String::new(),
    }
}

/// States that only a file ends in.
fn is_file(state: &str) -> bool {
    matches!(state, "loaded" | "already loaded")
}

#[derive(Default)]
struct Lines {
    files: AtomicU64,
    files_done: AtomicU64,
}

impl Lines {
    fn show(&self, event: &RunProgress) {
        match event {
            RunProgress::Planned { files, assets } => {
                self.files.store(*files as u64, Ordering::Relaxed);
                write_line(&format!(
                    "{} to load, {} to make",
                    plural(*files as u64, "file"),
                    plural(*assets as u64, "asset")
                ));
            }
            RunProgress::Finished { step, state, rows, duration_ms } if step != READING => {
                self.finished(step, state, *rows, *duration_ms);
            }
            _ => {}
        }
    }

    fn finished(&self, step: &str, state: &str, rows: u64, duration_ms: u64) {
        if state == "unchanged" {
            return;
        }
        let files = self.files.load(Ordering::Relaxed);
        let many = files > FILES_TOLD_ONE_BY_ONE;
        if is_file(state) {
            let done = self.files_done.fetch_add(1, Ordering::Relaxed) + 1;
            if many {
                if done == files || done.is_multiple_of(files.div_ceil(LINES_FOR_MANY_FILES)) {
                    write_line(&format!("{} of {} done", count(done), plural(files, "file")));
                }
                return;
            }
        } else if many && self.files_done.load(Ordering::Relaxed) < files && state != "failed" {
            // Assets that are made once a file.
            return;
        }
        let rows = if rows > 0 { format!("  {}", plural(rows, "row")) } else { String::new() };
        write_line(&format!("{state:<14} {step}{rows}  {}", millis(duration_ms)));
    }
}

/// Nothing depends on these lines being read.
fn write_line(text: &str) {
    let _told = writeln!(io::stderr(), "{text}");
}
