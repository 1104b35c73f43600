//! What cannot be resolved, and what the message says.

use std::fmt::Write as _;

use kernel::ProductError;
use resolution::ResolutionError;

use crate::bench::{Bench, dedupe, people};

fn told(error: &ResolutionError) -> String {
    let folder = std::env::temp_dir();
    let text = format!("{}: {error}", error.code());
    // The scratch folder has another name each time.
    match text.find(&*folder.to_string_lossy()) {
        Some(start) => {
            let end = text[start..].rfind('/').map_or(text.len(), |at| start + at + 1);
            text[..start].to_owned() + &text[end..]
        }
        None => text,
    }
}

#[test]
fn each_mistake_has_a_message_that_names_it() {
    let bench = Bench::new();
    let cases = [
        ("key,name\n", "resolution.empty: could not resolve `f.csv`: it holds no record"),
        (
            "id,name\n1,ann\n2,bob\n",
            "resolution.no_such_column: could not find column `key` in `f.csv`, which has `id`, `name`",
        ),
        (
            "key,name\n1,ann\n2,bob\n1,cid\n",
            "resolution.duplicate_id: could not take `key` of `f.csv` as the id: `1` stands in record 1 and in record 3",
        ),
        (
            "key,name\n1,ann\n,bob\n",
            "resolution.missing_id: could not take `key` of `f.csv` as the id: record 2 has none",
        ),
        (
            "key,name\n1,\n2,\n",
            "resolution.nothing_to_compare: could not compare the records of `f.csv`: beside its id it has no column with more than one value",
        ),
    ];
    for (text, expected) in cases {
        let error = dedupe(&bench.asked("f.csv", text)).expect_err(expected);
        assert_eq!(told(&error), expected);
    }
}

#[test]
fn a_model_that_does_not_fit_says_what_it_looked_for() {
    let bench = Bench::new();
    let mut request = bench.asked("f.csv", "key,colour,size\n1,red,5\n2,blue,6\n");
    request.model = "person".to_owned();
    let error = dedupe(&request).expect_err("no such columns");
    assert_eq!(error.code(), "resolution.nothing_to_compare");
    assert!(
        error.to_string().contains("given_name, given_name") || error.to_string().contains("given_name"),
        "{error}"
    );
    request.model = "cats".to_owned();
    let error = dedupe(&request).expect_err("no such model");
    assert_eq!(told(&error), "resolution.unknown_model: could not find the model `cats`");
}

#[test]
fn a_column_without_a_value_and_odd_types_are_no_obstacle() {
    let bench = Bench::new();
    let rows = people();
    let mut text = "key,first_name,last_name,dob,empty,mixed\n".to_owned();
    for (at, row) in rows.iter().enumerate() {
        let fields: Vec<&str> = row.line.split(',').collect();
        let mixed = ["7", "seven", "2020-01-01", "", "x@y"][at % 5];
        writeln!(text, "{},{},{},{},,{mixed}", row.id, fields[0], fields[1], fields[2]).expect("room");
    }
    let clusters = dedupe(&bench.asked("f.csv", &text)).expect("clusters");
    assert_eq!(clusters.ids.len(), rows.len());
    assert!(!clusters.summary.columns.contains(&"empty".to_owned()), "{:?}", clusters.summary.columns);
}

#[test]
fn one_giant_block_is_done_without_comparing_everything() {
    let bench = Bench::new();
    let mut text = "key,first_name,last_name,code\n".to_owned();
    for at in 0..6_000 {
        writeln!(text, "{at},John,Smith,{}", 10_000_000_u64 + at * 7_919 % 90_000_000).expect("room");
    }
    let clusters = dedupe(&bench.asked("f.csv", &text)).expect("clusters");
    assert!(clusters.summary.compared < 3_000_000, "{:?}", clusters.summary);
    assert_eq!(clusters.ids.len(), 6_000);
}

#[test]
fn a_run_that_is_cancelled_says_so() {
    let bench = Bench::new();
    let mut text = "key,first_name,last_name,city\n".to_owned();
    for at in 0..400 {
        writeln!(text, "{at},n{},s{},c{}", at % 70, at % 90, at % 8).expect("room");
    }
    let request = bench.asked("f.csv", &text);
    let is_learning = |progress| progress == resolution::Progress::Entered(resolution::Step::Learning);
    let is_comparing = |progress| matches!(progress, resolution::Progress::Compared { .. });
    let moments: [&(dyn Fn(resolution::Progress) -> bool + Sync); 2] = [&is_learning, &is_comparing];
    for is_the_moment in moments {
        let cancel = kernel::Cancel::default();
        let heard_after = std::sync::atomic::AtomicU64::new(0);
        let raise = |progress| {
            if cancel.is_cancelled() {
                heard_after.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
            if is_the_moment(progress) {
                cancel.cancel();
            }
        };
        let error = resolution::dedupe(&request, &resolution::Watch::new(&cancel, &raise)).expect_err("cancelled");
        assert_eq!(error.code(), "resolution.cancelled");
        // 79,800 pairs are told of four times; once stopped, the cores that still compare tell of it once more at most.
        assert!(heard_after.into_inner() < 4);
    }
}
