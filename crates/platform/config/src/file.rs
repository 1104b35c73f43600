//! Reads `grayghost.toml`, which the lakehouse project shares: sections of others are passed by.

use std::path::Path;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    Mistake, Place, Section, Setting, TABLES,
    load::{Given, Read},
    nearest::nearest,
};

/// Where in which file.
struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn place(&self, byte: usize) -> Place {
        let line = 1 + self.text.bytes().take(byte).filter(|byte| *byte == b'\n').count();
        Place::File { path: self.path.to_owned(), line }
    }
}

/// Takes every section of the table out of `text`. `others` are top-level keys that belong to somebody else.
pub(crate) fn read(path: &Path, text: &str, sections: &'static [Section], others: &[&str], read: &mut Read) {
    let file = File { path, text };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        read.mistakes.extend(syntax(&file, &errors));
        return;
    }
    let before = read.mistakes.len();
    for (key, value) in table.get_ref() {
        let name: &str = key.get_ref();
        match sections.iter().find(|section| section.name == name) {
            Some(section) => read_section(&file, section, value, read),
            None if others.contains(&name) || TABLES.contains(&name) => {}
            None => {
                let known = sections.iter().map(|section| section.name).chain(others.iter().copied());
                let remedy = did_you_mean(nearest(name, known), "");
                let wrong = format!("there is no section `{name}`");
                read.mistakes.push(Mistake { place: file.place(key.span().start), wrong, remedy });
            }
        }
    }
    // The parser sorts by name; mistakes are told in the order of the file.
    read.mistakes[before..].sort_by_key(|mistake| match mistake.place {
        Place::File { line, .. } => line,
        _ => 0,
    });
}

fn read_section(file: &File<'_>, section: &'static Section, value: &Spanned<DeValue<'_>>, read: &mut Read) {
    let DeValue::Table(table) = value.get_ref() else {
        let place = file.place(value.span().start);
        let wrong = format!("`{}` is a section, not a value", section.name);
        read.mistakes.push(Mistake { place, wrong, remedy: format!("write `[{}]` and its keys below", section.name) });
        return;
    };
    for (key, value) in table {
        let name: &str = key.get_ref();
        let place = file.place(key.span().start);
        if let Some(setting) = section.settings.iter().find(|setting| setting.key() == name) {
            read.take(Given { setting, place }, setting.kind.take(value.get_ref()));
            continue;
        }
        if TABLES.iter().any(|table| table.split_once('.') == Some((section.name, name))) {
            continue;
        }
        let meant = nearest(name, section.settings.iter().map(Setting::key));
        let remedy = did_you_mean(meant, &format!("{}.", section.name));
        let wrong = format!("there is no setting `{}.{name}`", section.name);
        read.mistakes.push(Mistake { place, wrong, remedy });
    }
}

fn did_you_mean(meant: Option<&str>, prefix: &str) -> String {
    meant.map_or_else(|| "remove it".to_owned(), |meant| format!("did you mean `{prefix}{meant}`?"))
}

/// What the parser says next about the same line follows from the first.
fn syntax(file: &File<'_>, errors: &[toml::de::Error]) -> Vec<Mistake> {
    let mut found: Vec<(usize, Mistake)> = errors
        .iter()
        .map(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let wrong = format!("this is not TOML: {}", error.message());
            (start, Mistake { place: file.place(start), wrong, remedy: "correct the line".to_owned() })
        })
        .collect();
    found.sort_by_key(|(start, _)| *start);
    found.dedup_by(|(_, next), (_, kept)| next.place == kept.place);
    found.into_iter().map(|(_, mistake)| mistake).collect()
}
