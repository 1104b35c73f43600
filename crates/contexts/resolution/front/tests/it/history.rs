//! Runs after runs: names that last and what changed.

use std::collections::{BTreeMap, BTreeSet};

use kernel::ProductError;
use proptest::prelude::*;
use resolution::diff_clusters;

use crate::bench::{Bench, Row, dedupe, people, shuffled, unwatched};

#[test]
fn a_cluster_keeps_its_name_when_a_smaller_id_joins() {
    let (bench, rows) = (Bench::new(), people());
    let mut request = bench.people(&rows);
    let before = bench.path("before.csv");
    dedupe(&request).expect("clusters").write(&before).expect("written");
    let mut grown = rows.clone();
    let mut newcomer = rows[4].clone();
    "a-first".clone_into(&mut newcomer.id);
    grown.push(newcomer);
    request = bench.people(&grown);
    let fresh = dedupe(&request).expect("clusters");
    assert_eq!(fresh.names.last().map(String::as_str), Some("a-first"));
    request.previous = Some(before.clone());
    let kept = dedupe(&request).expect("clusters");
    assert_eq!(kept.names.last(), Some(&kept.names[4]));
    assert_eq!(kept.names[4], "r2");
    let after = bench.path("after.csv");
    kept.write(&after).expect("written");
    let difference = unwatched(|watch| diff_clusters(&before, &after, watch)).expect("a difference");
    assert_eq!((difference.same, difference.joins), (59, vec![("r2".to_owned(), 1)]));
}

#[test]
fn splits_and_merges_are_told_by_name() {
    let bench = Bench::new();
    let before = bench.write("before.csv", "id,cluster_id\n1,a\n2,a\n3,b\n4,c\n9,z\n");
    let after = bench.write("after.csv", "id,cluster_id\n1,a\n2,d\n3,b\n4,b\n5,e\n");
    let found = unwatched(|watch| diff_clusters(&before, &after, watch)).expect("a difference");
    assert_eq!(found.splits, [("a".to_owned(), vec!["a".to_owned(), "d".to_owned()])]);
    assert_eq!(found.merges, [(vec!["b".to_owned(), "c".to_owned()], "b".to_owned())]);
    assert_eq!((found.same, found.new, found.gone), (0, 1, 1));
}

/// Things of two records each; every record of a thing is the same.
fn pairs(ids: &[&str]) -> Vec<Row> {
    let people = people();
    let row = |(at, id): (usize, &&str)| {
        let person = at / 2;
        let line = people.iter().find(|row| row.person == person).map(|row| row.line.clone());
        Row { id: (*id).to_owned(), person, line: line.expect("a person") }
    };
    ids.iter().enumerate().map(row).collect()
}

/// The names of these rows' clusters, by id, after an earlier run that gave these.
fn named(rows: &[Row], previous: &[(&str, &str)]) -> BTreeMap<String, String> {
    let bench = Bench::new();
    let lines: Vec<String> = previous.iter().map(|(id, name)| format!("{id},{name}\n")).collect();
    let mut request = bench.people(rows);
    request.previous = Some(bench.write("before.csv", &format!("id,cluster_id\n{}", lines.concat())));
    let clusters = dedupe(&request).expect("clusters");
    clusters.ids.into_iter().zip(clusters.names).collect()
}

#[test]
fn a_new_cluster_takes_no_name_that_an_older_one_has() {
    let rows = pairs(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]);
    // The names of a, e and g went to other things before. Two clusters of then are one now: the name that gives way is free.
    let previous =
        [("c", "a"), ("d", "a again"), ("i", "e"), ("j", "e again"), ("g", "e again again"), ("h", "e again again")];
    let names = named(&rows, &previous);
    let of = |id: &str| names[id].as_str();
    assert_eq!((of("c"), of("d"), of("i"), of("j")), ("a", "a", "e", "e"));
    assert_eq!((of("g"), of("h")), ("e again again", "e again again"));
    assert_eq!((of("a"), of("b"), of("e"), of("f")), ("a again", "a again", "e again", "e again"));
    // `a` and `a again` and the one after it live on.
    let previous = [("c", "a"), ("d", "a"), ("g", "a again"), ("h", "a again"), ("i", "a again again"), ("j", "x")];
    let names = named(&rows, &previous);
    let of = |id: &str| names[id].as_str();
    assert_eq!((of("c"), of("g"), of("i")), ("a", "a again", "a again again"));
    assert_eq!((of("a"), of("b"), of("e")), ("a again again again", "a again again again", "e"));
    assert_eq!(names.values().collect::<BTreeSet<_>>().len(), 5, "each thing has a name of its own: {names:?}");
}

#[test]
fn an_earlier_run_that_is_ambiguous_is_refused_and_a_record_without_a_cluster_has_no_name() {
    let bench = Bench::new();
    let mut request = bench.people(&pairs(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]));
    for lines in ["a,one\nb,one\na,two\n", "a,two\nb,one\na,one\n"] {
        request.previous = Some(bench.write("before.csv", &format!("id,cluster_id\n{lines}")));
        let error = dedupe(&request).expect_err("two names for one record");
        assert_eq!(error.code(), "resolution.duplicate_id");
        assert!(error.to_string().contains("`a` stands in record 1 and in record 3"), "{error}");
    }
    request.previous = Some(bench.write("before.csv", "id,cluster_id\na,\nb,\nc,x\n"));
    let names = dedupe(&request).expect("clusters").names;
    assert_eq!(names[..4], ["a", "a", "x", "x"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn names_do_not_depend_on_the_order_of_either_file(seed in any::<u64>()) {
        let rows = pairs(&["b", "a", "d", "c", "f", "e", "h", "g", "j", "i", "l", "k", "m", "k again"]);
        // Equal claims everywhere: of two names on one cluster, of two clusters on one name, of two new clusters on `k again`, and
        // names that are ids.
        let previous = [
            ("a", "one"), ("b", "two"), ("c", "three"), ("d", "e"), ("e", "three"), ("f", "a"), ("g", "k"), ("h", "k"),
            ("i", "e"), ("j", "i"), ("gone", "k"),
        ];
        let names = named(&rows, &previous);
        prop_assert_eq!(names.values().collect::<BTreeSet<_>>().len(), 7);
        prop_assert_eq!((names["k"].as_str(), names["m"].as_str()), ("k again", "k again again"));
        prop_assert_eq!(named(&shuffled(&rows, seed), &shuffled(&previous, seed ^ 1)), names);
    }
}
