//! Runs after runs: names that last and what changed.

use resolution::diff_clusters;

use crate::bench::{Bench, dedupe, people, unwatched};

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
