//! The fields of a list's items: what they hold, and what can be asked of them. Also how that is written in the description.

use std::fmt::Write as _;

use super::Mistake;

/// What a field holds, which decides what it can be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A number, also one that JSON has as a text.
    Number,
    /// True or false.
    Flag,
    /// A moment, RFC 3339 in UTC.
    Time,
    /// Several texts.
    Texts,
    /// Something that is shown and not compared.
    Shown,
}

/// A member of an item, by its name in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) sorts: bool,
}

impl Field {
    /// A field that can be filtered by what `kind` can be compared with.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, sorts: false }
    }

    /// A field that is shown and not asked for.
    #[must_use]
    pub const fn shown(name: &'static str) -> Self {
        Self::new(name, Kind::Shown)
    }

    /// The list can be sorted by it.
    #[must_use]
    pub const fn sorts(self) -> Self {
        Self { sorts: true, ..self }
    }

    /// Its name in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl Kind {
    /// What it can be compared with, for people.
    pub(crate) fn told(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Word(words) => format!("one of {}", quoted(words.iter().copied())),
            Self::Number => "number".to_owned(),
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Time => "time, as `2026-01-31` or `2026-01-31T12:00:00Z`".to_owned(),
            Self::Texts => "list of texts".to_owned(),
            Self::Shown => "not comparable".to_owned(),
        }
    }
}

/// The field of this name among those that `takes` lets through; a mistake at `at` names these.
pub(crate) fn find(
    fields: &'static [Field],
    (at, name): (usize, &str),
    takes: fn(&Field) -> bool,
) -> Result<&'static Field, Mistake> {
    fields.iter().find(|field| field.name == name && takes(field)).ok_or_else(|| {
        let known = quoted(fields.iter().filter(|field| takes(field)).map(|field| field.name));
        Mistake::new(at, format!("`{name}` is not a field here; use {known}"))
    })
}

pub(crate) fn filters(field: &Field) -> bool {
    field.kind != Kind::Shown
}

pub(crate) fn sorts(field: &Field) -> bool {
    field.sorts
}

pub(crate) fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Of the parameter `filter`, for the description.
pub(crate) fn of_filter(fields: &[Field]) -> String {
    let mut text = "Only items for which this holds (AIP-160): comparisons of a field by `=`, `!=`, `<`, `<=`, `>`, `>=`, `:` (has) with a value \
         or `null`, joined by `AND` and `OR` (which binds tighter), with `NOT` and parentheses; texts may stand in quotes. A page may then be \
         shorter than asked for and still have a `next_cursor`. Fields:"
        .to_owned();
    for field in fields.iter().filter(|field| filters(field)) {
        // Writing into a text cannot fail.
        let _ = write!(text, "\n- `{}`: {}", field.name, field.kind.told());
    }
    text
}

/// Of the parameter `sort`.
pub(crate) fn of_sort(fields: &[Field]) -> String {
    let names = quoted(fields.iter().filter(|field| sorts(field)).map(|field| field.name));
    format!("Fields to sort by, first things first, `-` before one that falls: {names}.")
}

/// Of the parameter `fields`.
pub(crate) fn of_fields(fields: &[Field]) -> String {
    format!("Only these members of each item, with commas between: {}.", quoted(fields.iter().map(|field| field.name)))
}
