//! Help, version, completions, and words that make no sense.

use insta::assert_snapshot;

use crate::place::Place;

const VERBS: [&str; 18] = [
    "init",
    "run",
    "sniff",
    "sql",
    "assets",
    "lineage",
    "quality",
    "runs",
    "serve",
    "events",
    "jobs",
    "dead-letters",
    "config",
    "doctor",
    "explain",
    "generate",
    "demo",
    "completions",
];

#[test]
fn the_bare_word_prints_help_with_every_verb_and_examples() {
    let place = Place::empty();
    let bare = place.ask(&[]).ends_with(0);
    assert_eq!((&bare.out, bare.err.as_str()), (&place.ask(&["--help"]).ends_with(0).out, ""));
    for verb in VERBS {
        assert!(bare.out.contains(&format!("\n  {verb} ")), "{verb} is missing in\n{}", bare.out);
    }
    for part in ["Examples:", "Exit codes:", "--project <DIR>", "--quiet", "NO_COLOR"] {
        assert!(bare.out.contains(part), "{part} is missing in\n{}", bare.out);
    }
}

#[test]
fn every_verb_has_help_with_what_it_does() {
    let place = Place::empty();
    for verb in VERBS {
        let help = place.ask(&[verb, "--help"]).ends_with(0);
        let first = help.out.lines().next().unwrap_or_default();
        assert!(first.len() > 20, "{verb}: {first}");
        assert!(help.out.contains(&format!("Usage: grayghost {verb}")), "{}", help.out);
        assert!(help.out.contains("--project <DIR>") && help.out.contains("--quiet"), "{}", help.out);
    }
}

#[test]
fn the_version_is_the_packages() {
    let version = Place::empty().ask(&["--version"]).ends_with(0);
    assert_eq!(version.out, format!("grayghost {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn shells_get_completions_that_know_the_verbs() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.ask(&["completions", shell]).ends_with(0).out;
        assert!(script.contains("lineage") && script.contains("full-refresh"), "{shell}");
    }
    place.ask(&["completions", "none"]).ends_with(2);
}

#[test]
fn wrong_words_are_told_like_every_error() {
    let answer = Place::empty().ask(&["assets", "--fromat", "json"]).ends_with(2);
    assert_eq!(answer.out, "");
    assert_snapshot!(answer.err, @r"
    error[cli.usage]: unexpected argument '--fromat' found
      do: a similar argument exists: '--format'; see `grayghost assets --help`
      page: grayghost explain cli.usage
    ");
    let answer = Place::empty().ask(&["sniff"]).ends_with(2);
    assert_snapshot!(answer.err, @r"
    error[cli.usage]: the following required arguments were not provided: <FILE>
      do: see `grayghost sniff --help`
      page: grayghost explain cli.usage
    ");
}

#[test]
fn wrong_words_are_one_json_object_for_who_asked_for_json() {
    let place = Place::empty();
    for words in [["assets", "--format", "json", "--typo"].as_slice(), &["runs", "--format=json", "--limit", "0"]] {
        let answer = place.ask(words).ends_with(2).json();
        assert_eq!((&answer["error"]["code"], &answer["exit_code"]), (&"cli.usage".into(), &2.into()));
    }
}
