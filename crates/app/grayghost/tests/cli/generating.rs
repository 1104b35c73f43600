//! `generate retail`: files, a summary, and folders that are left alone.

use std::fs;

use crate::place::Place;

const WORDS: [&str; 8] = ["generate", "retail", "--customers", "30", "--seed", "7", "--out", "data"];

#[test]
fn it_writes_data_with_their_truth_and_says_so() {
    let place = Place::empty();
    let answer = place.ask(&WORDS).ends_with(0);
    let files =
        ["people.csv", "people_truth.csv", "companies.csv", "companies_truth.csv", "sales.csv", "sales_latin1.csv"];
    for file in files.into_iter().chain(["sales_truth.json"]) {
        assert!(place.path("data").join(file).exists() && answer.out.contains(file), "{file} in\n{}", answer.out);
    }
    assert!(answer.out.contains("30  people behind"), "{}", answer.out);
    assert!(place.path("data/manifest.json").exists());
    assert_eq!(answer.err, "", "no bar where nobody watches");

    let again = place.ask(&WORDS).ends_with(0);
    assert_eq!(again.out, answer.out, "the same seed gives the same data, in a folder of ours");
}

#[test]
fn it_refuses_a_folder_that_is_not_its_own() {
    let place = Place::empty();
    place.write("data/thesis.doc", "mine");
    let answer = place.ask(&WORDS).ends_with(2);
    assert!(answer.err.starts_with("error[generator.not_empty]: "), "{}", answer.err);
    let names: Vec<_> =
        fs::read_dir(place.path("data")).expect("a folder").map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["thesis.doc"]);
}

#[test]
fn it_refuses_a_number_out_of_range() {
    let place = Place::empty();
    let answer = place.ask(&["generate", "retail", "--customers", "0", "--out", "data"]).ends_with(2);
    assert!(answer.err.starts_with("error[generator.customers_out_of_range]: "), "{}", answer.err);
    assert!(!place.path("data").exists());
}
