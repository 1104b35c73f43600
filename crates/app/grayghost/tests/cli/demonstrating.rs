//! `demo`: the whole product, twice in one folder.

use crate::place::Place;

#[test]
fn the_demo_is_equal_to_the_truth_and_again_adds_nothing() {
    let place = Place::empty();
    let first = place.ask(&["demo", "--dir", "shop"]).ends_with(0);
    for part in [
        "made from the template",
        "every row is accounted for",
        "our numbers are equal to the truth",
        "net revenue by month",
        "champions",
        "shop/.grayghost/reports/latest.html",
        "look next",
        "people; pairwise precision ",
        "companies; pairwise precision ",
    ] {
        assert!(first.out.contains(part), "{part} is missing in\n{}", first.out);
    }
    let page = std::fs::read_to_string(place.path("shop/.grayghost/reports/latest.html"));
    assert!(page.is_ok(), "{page:?}");

    let again = place.ask(&["demo", "--dir", "shop"]).ends_with(0);
    assert!(again.out.contains("4 files already loaded, nothing added"), "{}", again.out);
    assert!(again.out.contains("our numbers are equal to the truth"), "{}", again.out);

    place.write("more.csv", crate::place::SALES);
    place.ask(&["run", "more.csv", "--project", "shop", "--quiet"]).ends_with(0);
    let third = place.ask(&["demo", "--dir", "shop"]).ends_with(0);
    assert!(third.out.contains("Other files were loaded too"), "{}", third.out);
}

#[test]
fn the_demo_leaves_a_foreign_folder_alone() {
    let place = Place::empty();
    place.write("mine/thesis.doc", "mine");
    let answer = place.ask(&["demo", "--dir", "mine"]).ends_with(2);
    assert!(answer.err.starts_with("error[lakehouse.not_empty]"), "{}", answer.err);
}
