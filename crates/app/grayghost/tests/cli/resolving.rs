//! `resolve`: clusters, links, measurements, explanations, and what is refused.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

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

/// Ids that stand in one cluster, as sets.
fn partition(pairs: impl Iterator<Item = (String, String)>) -> BTreeSet<Vec<String>> {
    let mut clusters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, cluster) in pairs {
        clusters.entry(cluster).or_default().push(id);
    }
    clusters
        .into_values()
        .map(|mut ids| {
            ids.sort_unstable();
            ids
        })
        .collect()
}

#[test]
fn a_project_resolves_what_it_has_loaded() {
    let place = place();
    place.ask(&["init", "shop"]).ends_with(0);
    let header = fs::read_to_string(place.path("data/people.csv")).expect("people");
    let columns: Vec<&str> = header.lines().next().expect("a header").split(',').collect();
    let columns: Vec<String> = columns.iter().map(|name| format!("  - {{name: {name}, required: true}}")).collect();
    place.write("shop/sources/people.yml", format!("table: bronze.people_raw\ncolumns:\n{}\n", columns.join("\n")));
    let model = "{{ config(resolve={'id': 'record_id'}) }}\nselect * from {{ source('people') }} where _raw is null\n";
    place.write("shop/models/silver/people_clusters.sql", model);
    let run = |file| ["run", file, "--select", "+people_clusters", "--project", "shop", "--quiet"];
    place.ask(&run("data/people.csv")).ends_with(0);
    let clusters = |place: &Place| -> Vec<(String, String)> {
        let rows = place.rows("select record_id, cluster_id from silver.people_clusters");
        let text = |row: &serde_json::Value, key| row[key].as_str().expect(key).to_owned();
        let rows = rows.as_array().expect("rows");
        rows.iter().map(|row| (text(row, "record_id"), text(row, "cluster_id"))).collect()
    };
    let first = clusters(&place);
    let words = ["resolve", "dedupe", "data/people.csv", "--id", "record_id", "--out", "clusters.csv", "--quiet"];
    place.ask(&words).ends_with(0);
    let alone = fs::read_to_string(place.path("clusters.csv")).expect("clusters");
    let pairs = alone.lines().skip(1).filter_map(|line| line.split_once(','));
    let alone = partition(pairs.map(|(id, cluster)| (id.to_owned(), cluster.to_owned())));
    assert_eq!(partition(first.iter().cloned()), alone, "as the command alone groups them");
    // More records come: clusters that live on are called as before.
    let mut lines = header.lines();
    let (head, one) = (lines.next().expect("a header"), lines.next().expect("a record"));
    let more = format!("{head}\n{}\n", one.replacen(&first_id(one), "0-new", 1));
    place.write("data/more.csv", more);
    place.ask(&run("data/more.csv")).ends_with(0);
    let (before, after): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (first.into_iter().collect(), clusters(&place).into_iter().collect());
    assert_eq!(after.len(), before.len() + 1);
    assert_eq!(after["0-new"], before[&first_id(one)], "the copy joins, and the cluster is called as before");
    let kept = before.iter().filter(|(id, cluster)| after[*id] == **cluster).count();
    assert!(kept * 100 >= before.len() * 99, "{kept} of {} kept their names", before.len());
}

fn first_id(line: &str) -> String {
    line.split(',').next().unwrap_or_default().to_owned()
}

#[test]
fn a_report_suggestions_and_a_link_explained() {
    let place = place();
    let words = [
        "resolve",
        "report",
        "data/people.csv",
        "--id",
        "record_id",
        "--out",
        "r.html",
        "--truth",
        "data/people_truth.csv",
    ];
    let answer = place.ask(&words).ends_with(0);
    assert!(answer.out.starts_with("wrote r.html\n") && answer.out.contains("beside the truth"), "{answer:?}");
    let page = fs::read_to_string(place.path("r.html")).expect("a page");
    assert!(page.starts_with("<!doctype html>") && page.contains("\"thresholds\":["));

    let answer = place.ask(&["resolve", "blocking", "data/people.csv", "--id", "record_id"]).ends_with(0);
    for part in ["STILL MISSED", "are given by no rule"] {
        assert!(answer.out.contains(part), "{part} in\n{}", answer.out);
    }

    let text = fs::read_to_string(place.path("data/people.csv")).expect("people");
    let id = first_id(text.lines().nth(1).expect("a record"));
    for more in [&[][..], &["--one-to-one"]] {
        let words = ["resolve", "explain", "data/people.csv", "data/people.csv", &id, &id, "--id", "record_id"];
        let answer = place.ask(&[&words[..], more].concat()).ends_with(0);
        assert!(answer.out.contains("; linked; weighed; links are accepted from"), "{}", answer.out);
    }

    for model in ["a.yaml", "b.yaml"] {
        let ignored = if model == "a.yaml" { "source" } else { "source,email" };
        let words = [
            "resolve",
            "train",
            "data/people.csv",
            "--id",
            "record_id",
            "--ignore",
            ignored,
            "--out",
            model,
            "--quiet",
        ];
        place.ask(&words).ends_with(0);
    }
    let found = place.ask(&["resolve", "diff", "a.yaml", "b.yaml", "--format", "json"]).ends_with(0).json();
    assert_eq!(found["columns_gone"], serde_json::json!(["email"]), "{found}");
    let answer = place.ask(&["resolve", "diff", "a.yaml", "a.yaml"]).ends_with(0);
    assert!(answer.out.contains("levels the same"), "{}", answer.out);
}
