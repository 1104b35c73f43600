//! Whether the first record names the columns.

use std::collections::HashSet;

use super::records::{Records, Row};
use crate::kinds::{Shape, is_typed, shape};

/// Records below the first that are looked at.
const ROWS: usize = 500;
/// Share of a column's values that must have a type for the column to have it.
const MOSTLY: f64 = 0.9;
/// Longest text that is believed to be a name.
const MAX_NAME_BYTES: usize = 128;

/// What a column says.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Vote {
    /// Its first value cannot be of its type.
    Name,
    /// Its first value is like those below.
    Value,
    /// Nothing.
    Neither,
}

/// Whether `first` is a header of the `rest`, and how sure that is from 0 to 1.
pub(super) fn find(records: &Records<'_>, first: Row, rest: &[Row]) -> (bool, f64) {
    let names: Vec<String> = records.cells(first).collect();
    let mut columns: Vec<Vec<String>> = vec![Vec::new(); names.len()];
    for row in rest.iter().take(ROWS) {
        records.each_cell(*row, |column, cell| {
            if let Some(values) = columns.get_mut(column).filter(|_| !cell.is_empty()) {
                values.push(cell.to_owned());
            }
        });
    }
    let votes: Vec<Vote> = names.iter().zip(&columns).map(|(name, values)| vote(name, values)).collect();
    let count = |wanted: Vote| votes.iter().filter(|vote| **vote == wanted).count();
    let (name_votes, value_votes) = (count(Vote::Name), count(Vote::Value));
    let distinct = names.iter().collect::<HashSet<_>>().len() == names.len();
    let could_name = names.iter().all(|name| is_name(name));
    match (name_votes, value_votes) {
        (0, 0) if !rest.is_empty() => (could_name && distinct, 0.6),
        (0, 0) => (could_name && distinct, 0.5),
        (_, 0) if could_name => (true, 1.0),
        (_, 0) => (true, 0.8),
        (0, _) => (false, if value_votes * 2 >= names.len() { 1.0 } else { 0.7 }),
        (name_votes, value_votes) => (name_votes >= value_votes, 0.6),
    }
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= MAX_NAME_BYTES && !is_typed(shape(text))
}

fn vote(first: &str, values: &[String]) -> Vote {
    if first.is_empty() || values.is_empty() {
        return Vote::Neither;
    }
    let typed = values.iter().filter(|value| is_typed(shape(value))).count();
    let first_typed = is_typed(shape(first));
    #[expect(clippy::cast_precision_loss, reason = "at most ROWS values")]
    let share = typed as f64 / values.len() as f64;
    if share >= MOSTLY {
        return if first_typed { Vote::Value } else { Vote::Name };
    }
    if first_typed || values.iter().any(|value| value == first) {
        return Vote::Value;
    }
    // Codes of one length, such as country codes, below something else.
    let length = values[0].len();
    let uniform = values.len() >= 3 && values.iter().all(|value| value.len() == length && shape(value) == Shape::Words);
    if uniform && first.len() != length { Vote::Name } else { Vote::Neither }
}
