//! The folder that is written: nobody's files are lost, nothing half-written is left.

use std::{fs, path::Path};

use generator::{GenerateError, MAX_CUSTOMERS, Manifest, RetailOptions, generate_retail};
use kernel::{Cancel, ErrorKind, ProductError};

fn generate(out: &Path, customers: u32) -> Result<Manifest, GenerateError> {
    generate_retail(&RetailOptions { customers, seed: 7, out: out.to_path_buf() }, &Cancel::default(), &mut |_| {})
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

const ALL: [&str; 8] = [
    "companies.csv",
    "companies_truth.csv",
    "manifest.json",
    "people.csv",
    "people_truth.csv",
    "sales.csv",
    "sales_latin1.csv",
    "sales_truth.json",
];

#[test]
fn a_missing_folder_is_made_and_an_own_one_overwritten() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let out = scratch.path().join("a/b");
    generate(&out, 20).expect("it makes the folder");
    assert_eq!(names(&out), ALL);
    let again = generate(&out, 30).expect("it overwrites its own files");
    let text = fs::read(out.join("manifest.json")).expect("the manifest");
    assert_eq!(serde_json::from_slice::<Manifest>(&text).expect("valid JSON"), again);
    assert_eq!((again.customers, names(&out).len()), (30, ALL.len()));
}

#[test]
fn somebody_elses_folder_is_left_alone() {
    let foreign_manifest = r#"{"files": [{"name": "notes.txt"}]}"#;
    let cases: [&[(&str, &str)]; 4] = [
        &[("notes.txt", "mine")],
        &[("people.csv", "mine")],
        &[("manifest.json", foreign_manifest)],
        &[("manifest.json", foreign_manifest), ("notes.txt", "mine")],
    ];
    for files in cases {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        for (name, text) in files {
            fs::write(scratch.path().join(name), text).expect("a file");
        }
        let error = generate(scratch.path(), 20).expect_err("the folder is not ours");
        assert_eq!((error.code(), error.kind()), ("generator.not_empty", ErrorKind::Invalid));
        assert!(error.to_string().contains(files[0].0), "{error}");
        for (name, text) in files {
            assert_eq!(fs::read_to_string(scratch.path().join(name)).expect("still there"), *text);
        }
        assert_eq!(names(scratch.path()).len(), files.len());
    }
}

#[test]
fn a_foreign_file_beside_an_earlier_result_stops_the_next() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    generate(scratch.path(), 20).expect("it generates");
    fs::write(scratch.path().join("report.xlsx"), "mine").expect("a file");
    let error = generate(scratch.path(), 20).expect_err("there is a foreign file");
    assert!(matches!(error, GenerateError::NotEmpty { found, .. } if found == "report.xlsx"));
}

#[test]
fn what_a_killed_run_left_behind_is_no_obstacle() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    fs::write(scratch.path().join(".grayghost-people.csv.part"), "half").expect("a file");
    generate(scratch.path(), 20).expect("it begins anew");
    // Killed between two renames: everything but the manifest has its final name.
    let manifest = scratch.path().join("manifest.json");
    fs::rename(&manifest, scratch.path().join(".grayghost-manifest.json.part")).expect("a rename");
    generate(scratch.path(), 20).expect("it knows its files");
    assert_eq!(names(scratch.path()), ALL);
}

#[test]
fn a_file_is_not_a_folder() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let path = scratch.path().join("file");
    fs::write(&path, "mine").expect("a file");
    assert_eq!(generate(&path, 20).expect_err("it is a file").code(), "generator.not_a_folder");
}

#[test]
fn the_number_of_customers_has_limits() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let out = scratch.path().join("out");
    for customers in [0, MAX_CUSTOMERS + 1] {
        let error = generate(&out, customers).expect_err("out of range");
        assert_eq!(error.code(), "generator.customers_out_of_range");
        assert!(!out.exists());
    }
}

#[test]
fn a_stopped_run_leaves_nothing_and_keeps_what_was() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let out = scratch.path().join("out");
    let stop_at = |share: u64| {
        let cancel = Cancel::default();
        let options = RetailOptions { customers: 2_000, seed: 1, out: out.clone() };
        let mut last = 0;
        let mut watch = |progress: generator::Progress| {
            assert!(progress.done >= last && progress.done <= progress.total, "{progress:?} after {last}");
            last = progress.done;
            if progress.done * 10 >= progress.total * share {
                cancel.cancel();
            }
        };
        generate_retail(&options, &cancel, &mut watch).expect_err("it was stopped")
    };
    for share in [0, 5, 10] {
        assert_eq!(stop_at(share).code(), "generator.cancelled");
        assert!(!out.exists(), "stopped at {share} tenths");
    }
    let kept = generate(&out, 50).expect("it generates");
    assert!(matches!(stop_at(5), GenerateError::Cancelled));
    assert_eq!(names(&out), ALL);
    let text = fs::read(out.join("manifest.json")).expect("the manifest");
    assert_eq!(serde_json::from_slice::<Manifest>(&text).expect("valid JSON"), kept);
}
