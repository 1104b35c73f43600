//! What people and editors read about the settings, made from the table: the commented default file, the JSON Schema
//! and the Markdown reference. They are committed under `docs/reference/`, and a test compares.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use crate::{Kind, Secrecy, Section, Setting, Spelling, TABLES, kind::quoted};

/// Widest line of a comment.
const WIDTH: usize = 100;

const HEAD: &str = "\
# Settings of the server, in `grayghost.toml` of the project. Every line that begins with `#` and a name shows the
# default; a line that says so shows an example. An environment variable wins over this file, a flag over both.
";

/// The file that says what holds without a file: settings behind `#`, comments behind `# `.
#[must_use]
pub fn default_file(sections: &'static [Section]) -> String {
    let mut text = HEAD.to_owned();
    for section in sections {
        let _ = write!(text, "\n{}[{}]\n", comment(section.doc), section.name);
        for setting in section.settings {
            let example = if setting.default.is_none() { " Off by default; for example:" } else { "" };
            text.push_str(&comment(setting.doc));
            text.push_str(&comment(&format!("Takes {}.{example}", setting.kind.wanted())));
            let _ = writeln!(text, "#{} = {}", setting.key(), toml(&shown_value(setting)));
        }
    }
    text
}

fn toml(value: &Json) -> String {
    match value {
        Json::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        scalar => scalar.to_string(),
    }
}

/// The default, or else the example.
fn shown_value(setting: &Setting) -> Json {
    let example = || setting.example.and_then(|text| setting.kind.parse(text).ok());
    setting.default_value().or_else(example).map_or(Json::Null, |value| value.to_json())
}

/// Broken into lines behind `# `.
fn comment(text: &str) -> String {
    let (mut lines, mut line) = (String::new(), String::from("#"));
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

/// JSON Schema (2020-12) of the file, for editors. `others` are top-level keys that somebody else describes.
#[must_use]
pub fn json_schema(sections: &'static [Section], others: &[&str]) -> Json {
    let mut properties: Map<String, Json> =
        sections.iter().map(|section| (section.name.to_owned(), section_schema(section))).collect();
    let whole = TABLES.iter().filter(|name| !name.contains('.'));
    properties.extend(others.iter().chain(whole).map(|name| ((*name).to_owned(), json!({ "type": "object" }))));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "grayghost.toml",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn section_schema(section: &Section) -> Json {
    let mut properties: Map<String, Json> =
        section.settings.iter().map(|setting| (setting.key().to_owned(), setting_schema(setting))).collect();
    let inside = TABLES.iter().filter_map(|table| table.split_once('.')).filter(|(name, _)| *name == section.name);
    properties.extend(inside.map(|(_, key)| (key.to_owned(), json!({ "type": ["array", "object"] }))));
    json!({
        "description": section.doc,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn setting_schema(setting: &Setting) -> Json {
    let mut schema = kind_schema(&setting.kind);
    schema.insert("description".to_owned(), setting.doc.into());
    match setting.default_value() {
        Some(value) => schema.insert("default".to_owned(), value.to_json()),
        None => schema.insert("examples".to_owned(), json!([shown_value(setting)])),
    };
    if setting.secrecy == Secrecy::Secret {
        schema.insert("writeOnly".to_owned(), true.into());
    }
    schema.into()
}

fn kind_schema(kind: &Kind) -> Map<String, Json> {
    let schema = match kind {
        Kind::Text | Kind::LogFilter | Kind::Address | Kind::Path => json!({ "type": "string", "minLength": 1 }),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
        Kind::Url { schemes, .. } => json!({ "type": "string", "pattern": format!("^({})", schemes.join("|")) }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Integer { least, most } | Kind::DurationMs { least, most } | Kind::SizeBytes { least, most } => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::List { of, least } => json!({ "type": "array", "items": kind_schema(of), "minItems": least }),
    };
    match schema {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

/// The reference page: every setting in its three spellings.
#[must_use]
pub fn markdown(sections: &'static [Section]) -> String {
    let mut text = MARKDOWN_HEAD.to_owned();
    let spellings = Spelling::all(sections);
    for section in sections {
        let _ = write!(text, "\n## {}\n\n{}\n", section.name, section.doc);
        let of_section =
            spellings.iter().filter(|spelling| section.settings.iter().any(|row| row.name == spelling.setting.name));
        for spelling in of_section {
            text.push_str(&entry(spelling));
        }
    }
    text
}

const MARKDOWN_HEAD: &str = "\
# Settings of the server

Generated from the table in `crates/platform/config/src/section.rs`, as are a [file to begin with](config.toml) and a
[JSON Schema](config.schema.json) for editors.

A setting has one name and three spellings. What is written later in this list wins:

1. the default;
2. `grayghost.toml` in the project's folder, where the part before the dot is a section;
3. the environment variable; an empty one counts as not given;
4. the flag of `grayghost serve`.

Relative paths are seen from the project's folder. Lists are arrays in the file and divided by commas elsewhere. A name
that does not exist is refused, and all mistakes are told at once. Passwords inside of addresses are shown as `***`.
";

fn entry(spelling: &Spelling) -> String {
    let setting = spelling.setting;
    let short = spelling.short_flag.as_ref().map(|flag| format!(", `{flag}`")).unwrap_or_default();
    let mut text = format!("\n### {}\n\n{}\n\n", setting.name, setting.doc);
    let _ = writeln!(text, "- flag `{}`{short}, variable `{}`", spelling.flag, spelling.variable);
    let _ = writeln!(text, "- takes {}{}", setting.kind.wanted(), planned(&setting.kind));
    let _ = match (setting.default, setting.example) {
        (Some(default), _) if !default.is_empty() => writeln!(text, "- default `{default}`"),
        (Some(_), _) => writeln!(text, "- default: none"),
        (None, Some(example)) => writeln!(text, "- not set by default; for example `{example}`"),
        (None, None) => writeln!(text, "- not set by default"),
    };
    text
}

fn planned(kind: &Kind) -> String {
    match kind {
        Kind::Url { planned, .. } if !planned.is_empty() => {
            format!("; this version does not take {}", quoted(planned))
        }
        _ => String::new(),
    }
}
