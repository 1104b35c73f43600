//! Tests that a machine cannot run are named and counted, never passed over in silence.
//!
//! Rust's runner knows no skipped test: one that returns early counts as passed, and what it printed is swallowed. So
//! each says so past the runner's capture, and in the file that `GRAYGHOST_SKIPPED_FILE` names: one line a test,
//! `skipped: <test>: <what it lacks>`. `tools/test.sh` makes that file and counts its lines by what was lacking.
//!
//! Absent on purpose: skipping by choice. A test that need not run is deleted.

use std::{env, fs::OpenOptions, io, io::Write, path::Path, thread};

/// What `skipped` is told where no server is running: one wording, or the count falls apart.
pub const NEEDS_POSTGRES: &str = "needs PostgreSQL (make services)";

/// Notes that the running test returns without having tested anything, for want of `what` ("needs …").
///
/// The test is known by its thread, which the runner names after it.
///
/// # Panics
/// If the file cannot be written: an uncounted skip looks like a test that passed.
pub fn skipped(what: &str) {
    let file = env::var_os("GRAYGHOST_SKIPPED_FILE");
    let current = thread::current();
    let noted = note(file.as_deref().map(Path::new), &mut io::stderr(), current.name().unwrap_or("?"), what);
    assert!(noted.is_ok(), "could not note a skipped test in {file:?}: {noted:?}");
}

/// The line goes out in one write, so that lines of several test binaries never mix.
fn note(file: Option<&Path>, aloud: &mut impl Write, test: &str, what: &str) -> io::Result<()> {
    let line = format!("skipped: {test}: {what}").replace(['\n', '\r'], " ") + "\n";
    aloud.write_all(line.as_bytes())?;
    let Some(path) = file else { return Ok(()) };
    OpenOptions::new().create(true).append(true).open(path)?.write_all(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(path: &Path) -> Vec<String> {
        std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_skip_is_one_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("skipped");
        thread::scope(|scope| {
            for test in ["a::one", "b::two", "c::three", "d::four"] {
                let path = &path;
                scope.spawn(move || {
                    (0..50).for_each(|_| note(Some(path), &mut io::sink(), test, NEEDS_POSTGRES).unwrap());
                });
            }
        });
        let lines = noted(&path);
        assert_eq!(lines.len(), 200);
        let of =
            |test: &str| lines.iter().filter(|line| **line == format!("skipped: {test}: {NEEDS_POSTGRES}")).count();
        assert_eq!(["a::one", "b::two", "c::three", "d::four"].map(of), [50; 4]);
    }

    #[test]
    fn a_reason_of_two_lines_is_still_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("skipped");
        note(Some(&path), &mut io::sink(), "a", "needs\nmuch").unwrap();
        assert_eq!(noted(&path), ["skipped: a: needs much"]);
    }

    #[test]
    fn it_is_said_aloud_with_a_file_and_without() {
        let folder = tempfile::tempdir().unwrap();
        for file in [None, Some(folder.path().join("skipped"))] {
            let mut aloud = Vec::new();
            note(file.as_deref(), &mut aloud, "a", "needs much").unwrap();
            assert_eq!(aloud, b"skipped: a: needs much\n");
        }
    }

    #[test]
    fn a_skip_that_cannot_be_counted_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(note(Some(folder.path()), &mut io::sink(), "a", "needs much").is_err());
    }
}
