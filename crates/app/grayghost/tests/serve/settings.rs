//! Settings that are wrong, and where right ones came from.

use std::fs;

use config::{SECTIONS, Spelling};

use crate::server::Shop;

#[test]
fn mistakes_of_file_environment_and_flags_are_told_at_once() {
    let shop = Shop::with("[server]\nrolls = [\"worker\"]\n\n[lake]\n");
    let mut command = shop.command(&["serve", "--log-format", "xml"]);
    let output = command.env("GRAYGHOST_JOBS_POLL_MS", "soon").output().expect("the binary starts");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    for part in [
        "error[config.invalid]: could not use the configuration",
        "grayghost.toml:2: there is no setting `server.rolls`; did you mean `server.roles`?",
        "GRAYGHOST_JOBS_POLL_MS: `jobs.poll_ms` is `soon`",
        "--log-format: `log.format` is `xml`",
    ] {
        assert!(err.contains(part), "{part} is missing in\n{err}");
    }
    assert!(!shop.path(".grayghost").exists(), "nothing was made");

    let check = shop.ask(&["config", "check"]).ends_with(2);
    assert!(check.err.contains("server.rolls"), "{}", check.err);
}

#[test]
fn settings_are_shown_with_their_origin_and_without_passwords() {
    let shop = Shop::with("[jobs]\nworkers = 3\n");
    let words = ["config", "show", "--format", "json", "--database-url", "postgres://ada:secret@db/shop"];
    let mut command = shop.command(&words);
    let output = command.env("GRAYGHOST_LOG_LEVEL", "warn").output().expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("secret"), "{text}");
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    assert_eq!(rows.len(), Spelling::all(SECTIONS).len());
    for (setting, value, from) in [
        ("jobs.workers", "3", "grayghost.toml:2"),
        ("log.level", "warn", "GRAYGHOST_LOG_LEVEL"),
        ("database.url", "postgres://ada:***@db/shop", "--database-url"),
        ("server.listen", "127.0.0.1:8080", "default"),
    ] {
        let row = rows.iter().find(|row| row["setting"] == setting).expect(setting);
        assert_eq!((row["value"].as_str(), row["from"].as_str()), (Some(value), Some(from)), "{setting}");
    }
    let text = shop.ask(&["config", "show"]).ends_with(0).out;
    assert!(text.starts_with("  SETTING") && text.contains("jobs.workers"), "{text}");
}

#[test]
fn default_file_and_reference_are_those_of_the_table() {
    let shop = Shop::new();
    let file = shop.ask(&["config", "default"]).ends_with(0).out;
    assert_eq!(file, config::default_file(SECTIONS));
    assert_eq!(shop.ask(&["config", "reference"]).ends_with(0).out, config::markdown(SECTIONS));
    fs::write(shop.path("grayghost.toml"), file).expect("written");
    let said = shop.ask(&["config", "check"]).ends_with(0).out;
    assert!(said.starts_with("the settings can be used: ") && said.contains("0 values given"), "{said}");
}

#[test]
fn a_folder_that_is_not_there_is_refused() {
    let answer = Shop::new().ask(&["serve", "--project", "nowhere"]).ends_with(2);
    assert!(answer.err.contains("error[cli.no_folder]: there is no folder `nowhere`"), "{}", answer.err);
}

#[test]
fn the_help_of_serve_names_every_setting() {
    let help = Shop::new().ask(&["serve", "--help"]).ends_with(0).out;
    for spelling in Spelling::all(SECTIONS) {
        let shown = spelling.short_flag.unwrap_or(spelling.flag);
        assert!(help.contains(&format!("{shown} <")), "{shown} is missing in\n{help}");
    }
}
