//! Groups: right, complete, and the same whatever order and ids.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::bench::{Bench, Row, dedupe, partition, people, shuffled};

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

/// A number that looks like chance, another for each.
fn scrambled(number: u64) -> u64 {
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 8
}

/// A word of six letters, another for each number below some hundred million.
fn word(number: u64) -> String {
    let letter = |at: u32| char::from(b'a' + u8::try_from(number / 26_u64.pow(at) % 26).expect("a letter"));
    (0..6).map(letter).collect()
}

#[test]
fn columns_that_differ_in_every_record_do_not_keep_usable_ones_from_being_blocked_on() {
    const PEOPLE: u64 = 1_500;
    let bench = Bench::new();
    let mut text = "key,remark,trace,checksum,first_name,last_name,dob,city\n".to_owned();
    for record in 0..2 * PEOPLE {
        let person = record % PEOPLE;
        // Nine words that no other record has: neither a whole text nor a word of it makes a block.
        let words: Vec<String> = (0..9).map(|at| word(99_991 * (9 * record + at))).collect();
        let (remark, trace, checksum) = (words[..3].join(" "), words[3..6].join(" "), words[6..].join(" "));
        let chance = |what: u64, most: u64| scrambled(9 * person + what) % most;
        let born = format!("{}-{:02}-{:02}", 1940 + chance(0, 60), 1 + chance(1, 12), 1 + chance(2, 28));
        let (first, last) = (word(77_777 * chance(3, 300)), word(7 + 55_555 * chance(4, 900)));
        writeln!(text, "r{record},{remark},{trace},{checksum},{first},{last},{born},town{}", chance(5, 40))
            .expect("room");
    }
    let clusters = dedupe(&bench.asked("f.csv", &text)).expect("clusters");
    assert!(clusters.summary.compared < 2_000_000, "not each with each: {:?}", clusters.summary);
    let half = usize::try_from(PEOPLE).expect("small");
    let found = (0..half).filter(|at| clusters.names[*at] == clusters.names[at + half]).count();
    assert!(found >= half * 99 / 100 && clusters.summary.largest == 2, "{found}: {:?}", clusters.summary);
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
        let mut other = shuffled(&rows, seed);
        for (at, row) in other.iter_mut().enumerate() {
            row.id = format!("{:x}", (at as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        }
        let second = dedupe(&Bench::new().people(&other)).expect("clusters");
        prop_assert_eq!(partition(&second, &other), partition(&first, &rows));
        // What was learnt is the same to the last digit, so that no threshold can fall to either side.
        prop_assert_eq!(second.model.to_yaml(), first.model.to_yaml());
    }
}
