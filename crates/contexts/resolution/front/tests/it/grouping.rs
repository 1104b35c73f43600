//! Groups: right, complete, and the same whatever order and ids.

use proptest::prelude::*;

use crate::bench::{Bench, Row, dedupe, partition, people};

#[test]
fn records_of_one_person_are_one_cluster_and_every_record_is_in_one() {
    let rows = people();
    let bench = Bench::new();
    let clusters = dedupe(&bench.people(&rows)).expect("clusters");
    assert_eq!(clusters.ids, rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>());
    let (mut whole, mut pure) = (0, 0);
    for row in &rows {
        let mine =
            rows.iter().zip(&clusters.names).filter(|(other, _)| other.person == row.person).map(|(_, name)| name);
        let name = &clusters.names[rows.iter().position(|other| other.id == row.id).expect("a row")];
        whole += usize::from(mine.clone().all(|other| other == name));
        let together = rows.iter().zip(&clusters.names).filter(|(_, other)| *other == name);
        pure += usize::from(together.into_iter().all(|(other, _)| other.person == row.person));
    }
    assert_eq!((whole, pure), (rows.len(), rows.len()), "{:?}", partition(&clusters, &rows));
    assert_eq!((clusters.summary.records, clusters.summary.clusters), (rows.len() as u64, 60));
}

#[test]
fn a_cluster_is_named_by_its_smallest_id_and_written_in_the_order_of_the_file() {
    let mut rows = people();
    rows.reverse();
    let bench = Bench::new();
    let clusters = dedupe(&bench.people(&rows)).expect("clusters");
    let out = bench.path("clusters.csv");
    clusters.write(&out).expect("written");
    let text = std::fs::read_to_string(out).expect("a file");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (rows.len() + 1, "id,cluster_id"));
    assert_eq!(lines[lines.len() - 5..], ["r4,r2", "r3,r2", "r2,r2", "r1,r0", "r0,r0"]);
}

#[test]
fn a_file_of_four_records_is_enough_for_what_is_plain() {
    let bench = Bench::new();
    let text =
        "key,name,born\n1,Ann Lee,1990-01-02\n2,Carl Jung,1985-03-09\n3,Bob Stone,1971-05-06\n4,Bob Stone,1971-05-06\n";
    let clusters = dedupe(&bench.asked("f.csv", text)).expect("clusters");
    assert_eq!(clusters.names, ["1", "2", "3", "3"]);
}

#[test]
fn accents_case_and_spaces_are_no_difference() {
    let bench = Bench::new();
    let mut rows = people();
    let shouted = Row {
        id: "x".to_owned(),
        person: 1,
        line: " TOBIAS ,GRUNWALD,1988-11-30,KÖLN,T.Gruenwald@Mail.test,0221 4710000".to_owned(),
    };
    rows.push(shouted);
    let clusters = dedupe(&bench.people(&rows)).expect("clusters");
    let name = |id: &str| &clusters.names[rows.iter().position(|row| row.id == id).expect("a row")];
    let tobias = &rows.iter().find(|row| row.person == 1).expect("a row").id;
    assert_eq!(name("x"), name(tobias));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn neither_order_nor_ids_are_evidence(seed in any::<u64>()) {
        let rows = people();
        let first = dedupe(&Bench::new().people(&rows)).expect("clusters");
        let mut other = rows.clone();
        let mut state = seed;
        for at in (1..other.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            other.swap(at, usize::try_from(state >> 33).expect("31 bits") % (at + 1));
        }
        for (at, row) in other.iter_mut().enumerate() {
            row.id = format!("{:x}", (at as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        }
        let second = dedupe(&Bench::new().people(&other)).expect("clusters");
        prop_assert_eq!(partition(&second, &other), partition(&first, &rows));
        // What was learnt is the same to the last digit, so that no threshold can fall to either side.
        prop_assert_eq!(second.model.to_yaml(), first.model.to_yaml());
    }
}
