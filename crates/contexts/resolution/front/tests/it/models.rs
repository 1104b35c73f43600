//! Models: shipped, learnt, kept, refused.

use std::fmt::Write as _;

use kernel::ProductError;
use resolution::model::{Model, SHIPPED, shipped};

use crate::bench::{Bench, dedupe, partition, people};

#[test]
fn what_was_learnt_gives_the_same_groups_when_it_is_used_again() {
    let (bench, rows) = (Bench::new(), people());
    let mut request = bench.people(&rows);
    let learnt = dedupe(&request).expect("clusters");
    let path = bench.path("model.yaml");
    learnt.model.write(&path).expect("written");
    let read = Model::read(&path).expect("a model");
    assert!(read.is_trained());
    assert_eq!(read.to_yaml(), learnt.model.to_yaml());
    assert_eq!(read.trained.as_ref().map(|training| training.files.clone()), Some(vec!["people.csv".to_owned()]));
    request.model = path.display().to_string();
    let again = dedupe(&request).expect("clusters");
    assert_eq!(partition(&again, &rows), partition(&learnt, &rows));
    assert_eq!(again.model.to_yaml(), learnt.model.to_yaml(), "a frozen model is left alone");
}

#[test]
fn the_shipped_model_of_people_groups_people() {
    let (bench, rows) = (Bench::new(), people());
    let mut request = bench.people(&rows);
    request.model = "person".to_owned();
    let clusters = dedupe(&request).expect("clusters");
    assert_eq!(clusters.summary.clusters, 60, "{:?}", partition(&clusters, &rows));
}

#[test]
fn what_is_learnt_of_a_file_that_lacks_columns_can_be_used_again() {
    let bench = Bench::new();
    let mut text = "key,first_name,email\n".to_owned();
    for row in people() {
        let fields: Vec<&str> = row.line.split(',').collect();
        writeln!(text, "{},{},{}", row.id, fields[0], fields[4]).expect("room");
    }
    let mut request = bench.asked("f.csv", &text);
    request.model = "person".to_owned();
    let learnt = dedupe(&request).expect("clusters").model;
    assert_eq!(learnt.mistakes(), Vec::<String>::new());
    assert!(learnt.comparisons.iter().all(|comparison| comparison.swaps_with.is_none()));
}

#[test]
fn what_is_ignored_is_no_evidence_for_a_document_either() {
    let bench = Bench::new();
    let mut text = "key,first_name,last_name,secret\n".to_owned();
    for row in people() {
        let fields: Vec<&str> = row.line.split(',').collect();
        writeln!(text, "{},{},{},s{}", row.id, fields[0], fields[1], row.person).expect("room");
    }
    let mut request = bench.asked("f.csv", &text);
    let open = dedupe(&request).expect("clusters");
    assert!(open.summary.columns.contains(&"secret".to_owned()));
    let path = bench.path("model.yaml");
    open.model.write(&path).expect("written");
    request.model = path.display().to_string();
    request.ignore = vec!["Secret".to_owned()];
    let closed = dedupe(&request).expect("clusters");
    assert_eq!(closed.summary.columns, ["first_name", "last_name"]);
}

#[test]
fn shipped_models_are_well_formed() {
    for name in SHIPPED {
        let model = shipped(name).expect("a model");
        assert_eq!(model.mistakes(), Vec::<String>::new());
        assert!(!model.is_trained());
    }
}

#[test]
fn a_document_with_a_mistake_is_refused_with_the_mistake() {
    let bench = Bench::new();
    let good = shipped("person").expect("a model").to_yaml();
    let cases = [
        (good.replace("version: 1", "version: 9"), "version 9 is not known"),
        (good.replacen("column: given_name", "column: nickname", 1), "names the column `nickname`"),
        (good.replacen("version: 1", "version: 1\nprice: 2", 1), "price"),
    ];
    for (text, expected) in cases {
        let path = bench.write("model.yaml", &text);
        let error = Model::read(&path).expect_err(expected);
        assert_eq!(error.code(), "resolution.bad_model");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn an_exploding_rule_is_refused_with_its_count() {
    let bench = Bench::new();
    let mut text = "key,first_name,last_name,flag\n".to_owned();
    for at in 0..5_000 {
        writeln!(text, "{at},n{},s{},{}", at % 700, at % 900, ["yes", "no"][at % 2]).expect("room");
    }
    let mut request = bench.asked("f.csv", &text);
    let mut model = dedupe(&request).expect("clusters").model;
    let key = resolution::model::BlockingKey { column: "flag".to_owned(), key: resolution_engine::block::Key::Exact };
    model.blocking[0].keys = vec![key];
    model.blocking[0].largest_block = 1_000_000;
    model.compare_all = 0;
    let path = bench.path("model.yaml");
    model.write(&path).expect("written");
    request.model = path.display().to_string();
    let error = dedupe(&request).expect_err("it explodes");
    assert_eq!(error.code(), "resolution.exploding_rule");
    assert!(error.to_string().contains("`flag`") && error.to_string().contains("6247500"), "{error}");
}
