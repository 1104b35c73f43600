//! `resolve`: clusters, links, measurements, explanations, and what is refused.

use std::fs;

use crate::place::Place;

/// A folder with the made-up people of a shop and their truth.
fn place() -> Place {
    let place = Place::empty();
    place.ask(&["generate", "retail", "--customers", "400", "--seed", "7", "--out", "data"]).ends_with(0);
    place
}

#[test]
fn every_record_gets_a_cluster_and_the_truth_agrees() {
    let place = place();
    let words = ["resolve", "dedupe", "data/people.csv", "--id", "record_id", "--out", "clusters.csv"];
    let answer = place.ask(&words).ends_with(0);
    assert!(answer.out.starts_with("wrote clusters.csv\n") && answer.err.is_empty(), "{answer:?}");
    let clusters = fs::read_to_string(place.path("clusters.csv")).expect("clusters");
    let people = fs::read_to_string(place.path("data/people.csv")).expect("people");
    assert_eq!(clusters.lines().next(), Some("id,cluster_id"));
    assert_eq!(clusters.lines().count(), people.lines().count());

    let words = [
        "resolve",
        "evaluate",
        "data/people.csv",
        "--id",
        "record_id",
        "--truth",
        "data/people_truth.csv",
        "--format",
        "json",
    ];
    let found = place.ask(&words).ends_with(0).json();
    let f1 = found["default"]["pairwise"]["f1"].as_f64().expect("a share");
    assert!(f1 > 0.9, "{found}");
    assert!(found["best"]["pairwise"]["f1"].as_f64().expect("a share") >= f1);
    for key in ["blocking_recall", "cpu_seconds", "peak_memory_mb"] {
        assert!(found[key].as_f64().expect(key) > 0.0, "{found}");
    }
    assert!(found["default"]["b_cubed"]["recall"].is_number(), "{found}");
}

#[test]
fn a_pair_is_explained_in_parts() {
    let place = place();
    let ids: Vec<String> = fs::read_to_string(place.path("data/people.csv"))
        .expect("people")
        .lines()
        .skip(1)
        .take(2)
        .filter_map(|line| line.split(',').next().map(str::to_owned))
        .collect();
    let words = ["resolve", "explain", "data/people.csv", "--id", "record_id", &ids[0], &ids[1]];
    let answer = place.ask(&words).ends_with(0);
    for part in ["before looking", "AGREEMENT", "probability", "how groups were merged"] {
        assert!(answer.out.contains(part), "{part} in\n{}", answer.out);
    }
}

#[test]
fn a_learnt_model_is_written_and_used_again() {
    let place = place();
    let learn = ["resolve", "train", "data/people.csv", "--id", "record_id", "--out", "model.yaml"];
    place.ask(&learn).ends_with(0);
    let model = fs::read_to_string(place.path("model.yaml")).expect("a model");
    assert!(model.starts_with("version: 1\n") && model.contains("people.csv"), "{model}");
    let auto = ["resolve", "dedupe", "data/people.csv", "--id", "record_id", "--out", "a.csv", "--quiet"];
    place.ask(&auto).ends_with(0);
    let frozen = [
        "resolve",
        "dedupe",
        "data/people.csv",
        "--id",
        "record_id",
        "--model",
        "model.yaml",
        "--out",
        "b.csv",
        "--quiet",
    ];
    place.ask(&frozen).ends_with(0);
    let difference = place.ask(&["resolve", "diff", "a.csv", "b.csv", "--format", "json"]).ends_with(0).json();
    assert_eq!((&difference["splits"], &difference["merges"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[test]
fn a_refusal_leaves_no_file_and_says_what_to_do() {
    let place = Place::empty();
    place.write("people.csv", "key,name\n1,ann\n1,bob\n");
    let answer = place.ask(&["resolve", "dedupe", "people.csv", "--id", "key", "--out", "out.csv"]).ends_with(2);
    assert!(answer.err.starts_with("error[resolution.duplicate_id]: "), "{}", answer.err);
    assert!(answer.err.contains("people.csv: record 2") && answer.err.contains("  do: "), "{}", answer.err);
    assert!(!place.path("out.csv").exists());
    let answer = place.ask(&["resolve", "link", "people.csv", "people.csv", "--out", "out.csv"]).ends_with(2);
    assert!(answer.err.contains("--id"), "{}", answer.err);
    // Options may come before the files.
    let words = ["resolve", "link", "--id", "key", "people.csv", "people.csv", "--out", "out.csv"];
    let answer = place.ask(&words).ends_with(2);
    assert!(answer.err.starts_with("error[resolution.duplicate_id]: "), "{}", answer.err);
}
