//! The generated documents are what is committed, and the default file says the truth.

use std::{fs, path::PathBuf};

use config::{Config, Others, SECTIONS, Sources, default_file, json_schema, load, markdown};

/// Sections of the lakehouse project in the same file.
const OTHERS: [&str; 4] = ["project", "vars", "lake", "quality"];

fn loaded(text: &str) -> Config {
    let sources = Sources { file: Some((PathBuf::from("config.toml"), text.to_owned())), ..Sources::default() };
    load(&sources, Others::default()).unwrap_or_else(|error| panic!("{error:?}\n{text}")).config
}

/// Lines that begin with `#` and no space, without it; `keep` says which.
fn uncommented(keep: impl Fn(&str) -> bool) -> String {
    let file = default_file(SECTIONS);
    let lines = file.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') && keep(setting) => setting.to_owned(),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn committed_documents_are_those_that_the_table_makes() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../docs/reference");
    let schema = serde_json::to_string_pretty(&json_schema(SECTIONS, &OTHERS)).expect("JSON") + "\n";
    let made =
        [("config.toml", default_file(SECTIONS)), ("config.schema.json", schema), ("config.md", markdown(SECTIONS))];
    for (name, text) in made {
        let path = folder.join(name);
        if std::env::var_os("WRITE_REFERENCE").is_some() {
            fs::write(&path, &text).expect("written");
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == text, "{name} is old: run `WRITE_REFERENCE=1 cargo test -p config --release`");
    }
}

#[test]
fn the_default_file_as_it_is_and_with_every_default_uncommented_changes_nothing() {
    let defaults = loaded("");
    assert_eq!(loaded(&default_file(SECTIONS)), defaults);
    let all = SECTIONS.iter().flat_map(|section| section.settings);
    let examples: Vec<String> = all.filter_map(|row| Some(format!("{} = \"{}\"", row.key(), row.example?))).collect();
    let spelled_out = uncommented(|line| !examples.iter().any(|example| line.starts_with(example)));
    assert!(spelled_out.contains("\nlisten = \"127.0.0.1:8080\"\n"), "{spelled_out}");
    assert_eq!(loaded(&spelled_out), defaults);
}

#[test]
fn examples_are_taken() {
    let config = loaded(&uncommented(|_| true));
    assert!(config.redis.url.is_some() && config.crypto.keys_url.is_some());
}

#[test]
fn the_schema_names_every_setting_with_a_type() {
    let schema = json_schema(SECTIONS, &OTHERS);
    for setting in SECTIONS.iter().flat_map(|section| section.settings) {
        let (section, key) = setting.name.split_once('.').expect("a section");
        let row = &schema["properties"][section]["properties"][key];
        assert!(row["type"].is_string() && row["description"] == setting.doc, "{}: {row}", setting.name);
        assert_eq!(row["default"].is_null(), setting.default.is_none(), "{}", setting.name);
    }
    assert_eq!(schema["properties"]["lake"]["type"], "object");
    assert_eq!(schema["properties"]["jobs"]["additionalProperties"], false);
}
