//! The files of the run.

use super::{
    figures::{count, counted, duration, number, size},
    markup::{cut_start, heads, joined, table, text},
    words,
};
use crate::{FileResult, FileState, RunSummary};

/// Files shown.
const FILES_SHOWN: usize = 50;
/// Signs shown of a path, from its end.
const PATH_SIGNS: usize = 72;
/// Digits shown of a checksum: enough to tell the files of a project apart.
const DIGEST_DIGITS: usize = 12;

/// `None` when the run had no files. Those that failed, were not reached or have malformed records come first.
pub(super) fn section(summary: &RunSummary) -> Option<String> {
    if summary.files.is_empty() {
        return None;
    }
    let mut files: Vec<&FileResult> = summary.files.iter().collect();
    files.sort_by_key(|file| match (file.state, file.malformed) {
        (FileState::Failed, _) => 0,
        (FileState::Skipped, _) => 1,
        (FileState::Loaded | FileState::AlreadyLoaded, 1..) => 2,
        (FileState::Loaded | FileState::AlreadyLoaded, 0) => 3,
    });
    let head = heads(&[
        ("File", false),
        ("State", false),
        ("Source", false),
        ("Rows", true),
        ("Malformed", true),
        ("Size", true),
        ("Time", true),
        ("SHA-256", false),
    ]);
    let rows = joined(files.iter().take(FILES_SHOWN).map(|file| line(file)));
    let table = table("Files of this run", &head, &rows);
    let note = match files.len() {
        all if all > FILES_SHOWN => {
            format!(
                r#"<p class="muted">{FILES_SHOWN} of {}; those with trouble come first.</p>"#,
                counted(count(all), "file")
            )
        }
        _ => String::new(),
    };
    Some(format!("{}{note}{table}", totals(summary)))
}

/// How many files ended how.
fn totals(summary: &RunSummary) -> String {
    let states = [FileState::Loaded, FileState::AlreadyLoaded, FileState::Failed, FileState::Skipped];
    let marks = joined(states.into_iter().filter_map(|state| {
        let files = summary.files.iter().filter(|file| file.state == state).count();
        (files > 0).then(|| format!("<li>{} {}</li>", words::of_file(state).html(), number(count(files))))
    }));
    format!(r#"<ul class="totals">{marks}</ul>"#)
}

fn line(file: &FileResult) -> String {
    format!(
        r#"<tr><th scope="row"><code title="{whole}">{path}</code></th><td>{mark}</td><td>{source}</td><td class="num">{rows}</td><td class="num">{malformed}</td><td class="num">{size}</td><td class="num">{time}</td><td><code title="{digest}">{digits}</code></td></tr>"#,
        whole = text(&file.path),
        path = text(&cut_start(&file.path, PATH_SIGNS)),
        mark = words::of_file(file.state).html(),
        source = text(&file.source),
        rows = number(file.rows),
        malformed = number(file.malformed),
        size = size(file.size_bytes),
        time = duration(file.duration_ms),
        digest = text(&file.sha256),
        digits = text(&file.sha256.chars().take(DIGEST_DIGITS).collect::<String>()),
    )
}
