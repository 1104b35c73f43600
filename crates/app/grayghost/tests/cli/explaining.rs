//! The pages on errors, from inside the binary.

use insta::assert_snapshot;

use crate::place::{Place, error_pages};

#[test]
fn every_page_is_in_the_binary_word_for_word() {
    let place = Place::empty();
    let pages = error_pages();
    assert!(pages.len() > 40, "only {} pages", pages.len());
    for (code, text) in &pages {
        assert_eq!(place.ask(&["explain", code]).ends_with(0).out, *text, "{code}");
    }
    let list = place.ask(&["explain"]).ends_with(0).out;
    assert_eq!(list.lines().count(), pages.len(), "{list}");
    for (code, _) in &pages {
        assert!(list.lines().any(|line| line.split_whitespace().next() == Some(code)), "{code} is not in\n{list}");
    }
}

#[test]
fn a_slip_is_answered_with_the_code_that_was_meant() {
    let place = Place::empty();
    let answer = place.ask(&["explain", "header_mising"]).ends_with(2);
    assert_snapshot!(answer.err, @r"
    error[cli.unknown_code]: there is no error code `header_mising`
      do: did you mean `lakehouse.header_missing`? `grayghost explain` lists all codes
      page: grayghost explain cli.unknown_code
    ");
    let reason_alone = place.ask(&["explain", "header_missing"]).ends_with(2);
    assert!(reason_alone.err.contains("did you mean `lakehouse.header_missing`?"), "{}", reason_alone.err);
    let far = place.ask(&["explain", "qqqq"]).ends_with(2);
    assert!(!far.err.contains("did you mean"), "{}", far.err);
}
