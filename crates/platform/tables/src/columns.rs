//! What a column looks like, value by value.

use crate::{
    ColumnKind, SniffedColumn,
    kinds::{Shape, is_integer, shape},
    times::{TimeFormats, has_time},
};

const MAX_EXAMPLES: usize = 3;
const MAX_DECIMAL_DIGITS: usize = 38;

/// A column under observation.
#[expect(clippy::struct_excessive_bools, reason = "each says that a family of values was met, any of which may be")]
#[derive(Debug, Clone, Default)]
pub(crate) struct ColumnSample {
    name: String,
    nulls: u64,
    examples: Vec<String>,
    text: bool,
    boolean: bool,
    exponent: bool,
    number: bool,
    whole: usize,
    fraction: usize,
    time: bool,
    formats: TimeFormats,
}

impl ColumnSample {
    /// Nothing seen yet.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Takes one value into account.
    pub(crate) fn add(&mut self, value: &str) {
        if value.is_empty() {
            self.nulls += 1;
            return;
        }
        if self.examples.len() < MAX_EXAMPLES && !self.examples.iter().any(|example| example == value) {
            self.examples.push(value.to_owned());
        }
        if self.text {
            return;
        }
        // Once a column is of dates, only their formats matter.
        if self.time {
            self.text = !self.formats.add(value);
            return;
        }
        match shape(value) {
            Shape::Number { whole, fraction } => {
                self.number = true;
                self.whole = self.whole.max(whole);
                self.fraction = self.fraction.max(fraction);
            }
            Shape::Exponent => self.exponent = true,
            Shape::Boolean => self.boolean = true,
            Shape::Time => {
                self.time = true;
                self.formats.add(value);
            }
            Shape::Clock | Shape::Words | Shape::Odd | Shape::Empty => self.text = true,
        }
        let families = [self.boolean, self.number || self.exponent, self.time];
        self.text |= families.into_iter().filter(|family| *family).count() > 1;
    }

    fn kind(&self) -> ColumnKind {
        let digits = self.whole.max(1) + self.fraction;
        match () {
            () if self.text => ColumnKind::Text,
            () if self.time => ColumnKind::Timestamp,
            () if self.boolean => ColumnKind::Boolean,
            () if self.exponent || (self.number && digits > MAX_DECIMAL_DIGITS) => ColumnKind::Float,
            () if self.number && is_integer(self.whole, self.fraction) => ColumnKind::Integer,
            () if self.number => {
                let small = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
                ColumnKind::Decimal { precision: small(digits), scale: small(self.fraction) }
            }
            () => ColumnKind::Empty,
        }
    }

    /// What it looks like.
    pub(crate) fn finish(self) -> SniffedColumn {
        let kind = self.kind();
        let time_formats = if kind == ColumnKind::Timestamp { self.formats.finish() } else { Vec::new() };
        let is_date = kind == ColumnKind::Timestamp && !time_formats.iter().any(|format| has_time(format));
        SniffedColumn {
            name: self.name,
            kind: if is_date { ColumnKind::Date } else { kind },
            time_formats,
            nulls: self.nulls,
            examples: self.examples,
        }
    }
}

/// A column of which no value was sampled.
pub(crate) fn unseen(name: &str) -> SniffedColumn {
    ColumnSample::new(name).finish()
}

/// Names for columns: those given, `column_<n>` for empty ones, and `_2`, `_3`… behind one that was there before. Says
/// which names it changed.
pub(crate) fn unique_names(given: &[String]) -> (Vec<String>, Vec<String>) {
    let mut names: Vec<String> = Vec::with_capacity(given.len());
    let mut changed = Vec::new();
    let mut taken: std::collections::HashSet<String> = std::collections::HashSet::new();
    for (index, name) in given.iter().enumerate() {
        let trimmed = name.trim();
        let base = if trimmed.is_empty() { format!("column_{}", index + 1) } else { trimmed.to_owned() };
        let mut unique = base.clone();
        let mut number = 2;
        // A later name as given must stay free too, or `a,a,a_2` would take the third column's name.
        while taken.contains(&unique) || (unique != base && given.contains(&unique)) {
            unique = format!("{base}_{number}");
            number += 1;
        }
        if unique != base {
            changed.push(base);
        }
        taken.insert(unique.clone());
        names.push(unique);
    }
    (names, changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_those_that_hold_every_value() {
        let cases: [(&[&str], ColumnKind); 13] = [
            (&["1", "", "-20"], ColumnKind::Integer),
            (&["1", "2.55", "100.125"], ColumnKind::Decimal { precision: 6, scale: 3 }),
            (&["17850.0", ""], ColumnKind::Decimal { precision: 6, scale: 1 }),
            (&["1", "1e5"], ColumnKind::Float),
            (&["536365", "C536379"], ColumnKind::Text),
            (&["00123", "1"], ColumnKind::Text),
            (&["true", "No"], ColumnKind::Boolean),
            (&["true", "1"], ColumnKind::Text),
            (&["2010-12-01"], ColumnKind::Date),
            (&["12/1/2010 8:26"], ColumnKind::Timestamp),
            (&["1234567890123456789"], ColumnKind::Decimal { precision: 19, scale: 0 }),
            (&["08:26", "9:30"], ColumnKind::Text),
            (&["", ""], ColumnKind::Empty),
        ];
        for (values, kind) in cases {
            let mut column = ColumnSample::new("a");
            for value in values {
                column.add(value);
            }
            assert_eq!(column.finish().kind, kind, "{values:?}");
        }
    }

    #[test]
    fn names_are_unique_and_never_empty() {
        let given = ["a", "", "a", "a_2", " b "].map(str::to_owned);
        let (names, changed) = unique_names(&given);
        assert_eq!(names, ["a", "column_2", "a_3", "a_2", "b"]);
        assert_eq!(changed, ["a"]);
    }
}
