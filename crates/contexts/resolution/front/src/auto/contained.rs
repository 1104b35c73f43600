//! Columns that repeat others: a full name beside its parts. Counting the same evidence twice makes a model too sure.

use super::ModelColumn;
use crate::{
    standard::{Kind, words},
    table::Table,
};

/// Records of a file that are looked at.
const SAMPLE: usize = 2_000;
/// Of so many records at least, both columns filled.
const LEAST_SEEN: usize = 50;
/// Share of records whose text must hold the other's for the one column to contain the other.
const CONTAINS: f64 = 0.7;
/// A column that adds words to less than this share of its texts is left out.
const ADDS: f64 = 0.2;

/// Lets every column that holds the words of others say only what it adds; one that adds next to nothing is left out.
pub(super) fn take_out(columns: &mut Vec<ModelColumn>, tables: &[Table]) {
    let mut at = 0;
    while at < columns.len() {
        let inside: Vec<usize> =
            (0..columns.len()).filter(|&other| other != at && holds(&columns[at], &columns[other], tables)).collect();
        if inside.is_empty() {
            at += 1;
            continue;
        }
        let parts: Vec<ModelColumn> = inside.iter().map(|&other| columns[other].clone()).collect();
        if adds(&columns[at], &parts, tables) < ADDS {
            columns.remove(at);
            continue;
        }
        let names_people = parts.iter().any(|part| matches!(part.kind, Kind::GivenName | Kind::Surname));
        columns[at].beyond = parts.into_iter().map(|part| part.name).collect();
        if names_people {
            columns[at].kind = Kind::FullName;
        }
        at += 1;
    }
}

/// A column that was left out later takes its words along.
pub(super) fn drop_beyond_missing(columns: &mut [ModelColumn]) {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    for column in columns {
        column.beyond.retain(|name| names.contains(name));
    }
}

fn is_wordy(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::GivenName
            | Kind::Surname
            | Kind::FullName
            | Kind::CompanyName
            | Kind::Label
            | Kind::Title
            | Kind::Address
    )
}

/// Calls `each` with the words of one column and of others, record by record of a sample.
fn each_record(
    one: &ModelColumn,
    others: &[ModelColumn],
    tables: &[Table],
    mut each: impl FnMut(&[String], &[Vec<String>]),
) {
    for (which, table) in tables.iter().enumerate() {
        let place = |column: &ModelColumn| {
            let headers =
                if which > 0 && !column.other_headers.is_empty() { &column.other_headers } else { &column.headers };
            headers.iter().find_map(|header| table.find(header))
        };
        let (Some(mine), Some(theirs)) = (place(one), others.iter().map(place).collect::<Option<Vec<usize>>>()) else {
            continue;
        };
        let text = |column: usize, row: usize| -> Vec<String> {
            let column = &table.columns[column];
            words(column.values.text(column.ids[row]))
                .split(' ')
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let every = (table.rows() / SAMPLE).max(1) as u64;
        let hash = |row: usize| {
            let column = &table.columns[mine];
            xxhash_rust::xxh3::xxh3_64(column.values.text(column.ids[row]).as_bytes())
        };
        for row in (0..table.rows()).filter(|row| hash(*row).is_multiple_of(every)) {
            let others: Vec<Vec<String>> = theirs.iter().map(|column| text(*column, row)).collect();
            each(&text(mine, row), &others);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "some thousand records")]
fn holds(one: &ModelColumn, other: &ModelColumn, tables: &[Table]) -> bool {
    if !is_wordy(one.kind) || !is_wordy(other.kind) {
        return false;
    }
    let (mut seen, mut held, mut more, mut fewer) = (0, 0, 0, 0);
    each_record(one, std::slice::from_ref(other), tables, |mine, others| {
        if mine.is_empty() || others[0].is_empty() {
            return;
        }
        seen += 1;
        held += usize::from(others[0].iter().all(|word| mine.contains(word)));
        more += usize::from(mine.len() > others[0].len());
        fewer += usize::from(mine.len() < others[0].len());
    });
    seen >= LEAST_SEEN && held as f64 >= CONTAINS * seen as f64 && more > fewer
}

#[expect(clippy::cast_precision_loss, reason = "some thousand records")]
fn adds(one: &ModelColumn, parts: &[ModelColumn], tables: &[Table]) -> f64 {
    let (mut filled, mut added) = (0_usize, 0_usize);
    each_record(one, parts, tables, |mine, others| {
        filled += usize::from(!mine.is_empty());
        added += usize::from(!beyond(mine, others).is_empty());
    });
    added as f64 / filled.max(1) as f64
}

/// The words of `mine` that none of the others accounts for, each occurrence once, in the order of the alphabet.
pub(crate) fn beyond(mine: &[String], others: &[Vec<String>]) -> Vec<String> {
    let mut left = mine.to_vec();
    for word in others.iter().flatten() {
        if let Some(at) = left.iter().position(|known| known == word) {
            left.remove(at);
        }
    }
    left.sort_unstable();
    left
}
