//! The records of one file or two in standard form, as a model wants them.

use std::path::PathBuf;

use hashbrown::HashMap;
use rayon::prelude::*;
use resolution_engine::{
    block::Sides,
    column::{Column, ColumnBuilder},
    order::reorder,
};

use crate::{
    ResolutionError,
    auto::{beyond, profile},
    model::{Model, ModelColumn},
    standard::{Kind, standard},
    table::Table,
};

/// Records ready to be compared, in an order of their own.
#[derive(Debug)]
pub struct Records {
    /// Names of the columns, as the model calls them.
    pub names: Vec<String>,
    /// What they hold.
    pub kinds: Vec<Kind>,
    /// The columns in standard form.
    pub columns: Vec<Column>,
    /// For each place the record of the files that stands there, the second file counted on from the first.
    pub order: Vec<u32>,
    /// One set or two.
    pub sides: Sides,
    /// The model, its dates' order decided.
    pub model: Model,
    /// The first file, for messages.
    file: PathBuf,
}

impl Records {
    /// Reads the columns of a model out of these tables, one or two.
    ///
    /// # Errors
    /// Where a file is empty or has none of the columns.
    pub fn of(model: &Model, tables: &[Table]) -> Result<Self, ResolutionError> {
        if let Some(empty) = tables.iter().find(|table| table.rows() == 0) {
            return Err(ResolutionError::Empty { file: empty.path.clone() });
        }
        let mut model = model.clone();
        let found: Vec<Option<Column>> = model.columns.par_iter().map(|column| raw(column, tables)).collect();
        let mut names = Vec::new();
        let mut columns: Vec<Column> = Vec::new();
        let mut kinds = Vec::new();
        for (column, raw) in model.columns.iter_mut().zip(found) {
            let Some(raw) = raw else { continue };
            if column.kind == Kind::Date && column.date_order.is_none() {
                column.date_order = Some(profile(&column.name, &raw).date_order);
            }
            names.push(column.name.clone());
            kinds.push(column.kind);
            columns.push(raw);
        }
        let described: Vec<&ModelColumn> = model.columns.iter().filter(|column| names.contains(&column.name)).collect();
        columns = described.par_iter().zip(&columns).map(|(column, raw)| standardise(column, raw)).collect();
        reduce(&described, &names, &mut columns);
        if columns.iter().all(|column| column.values.is_empty()) {
            return Err(nothing(&model, tables));
        }
        let sides = match tables {
            [left, _, ..] => Sides::Between(u32::try_from(left.rows()).unwrap_or(u32::MAX)),
            _ => Sides::Within,
        };
        let order = reorder(&mut columns, sides);
        Ok(Self { names, kinds, columns, order, sides, model, file: tables[0].path.clone() })
    }

    /// That these records cannot be told apart, and why.
    pub(crate) fn nothing(&self, why: &str) -> ResolutionError {
        ResolutionError::NothingToCompare { file: self.file.clone(), why: why.to_owned() }
    }

    /// The place of a record of the files.
    pub(crate) fn place(&self, record: u32) -> u32 {
        let place = self.order.iter().position(|known| *known == record).unwrap_or(0);
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// Number of records.
    pub fn rows(&self) -> u32 {
        u32::try_from(self.order.len()).unwrap_or(u32::MAX)
    }
}

fn nothing(model: &Model, tables: &[Table]) -> ResolutionError {
    let headers: Vec<&str> =
        model.columns.iter().filter_map(|column| column.headers.first()).map(String::as_str).collect();
    let why = if headers.is_empty() {
        "beside its id it has no column with more than one value".to_owned()
    } else {
        format!("of the columns {} of the model `{}` none is there with a value", headers.join(", "), model.name)
    };
    ResolutionError::NothingToCompare { file: tables[0].path.clone(), why }
}

/// A column as received; `None` where one of the files lacks it.
fn raw(column: &ModelColumn, tables: &[Table]) -> Option<Column> {
    let of = |(which, table): (usize, &Table)| {
        let other = which > 0 && !column.other_headers.is_empty();
        let headers = if other { &column.other_headers } else { &column.headers };
        let place = headers.iter().find_map(|header| table.find(header))?;
        Some(table.columns[place].clone())
    };
    let mut parts = tables.iter().enumerate().map(of).collect::<Option<Vec<Column>>>()?;
    if parts.len() == 1 { parts.pop() } else { Some(Column::concat(&parts.iter().collect::<Vec<_>>())) }
}

/// Each distinct text once, whatever the number of records.
fn standardise(column: &ModelColumn, raw: &Column) -> Column {
    let mut builder = ColumnBuilder::default();
    let order = column.date_order.unwrap_or_default();
    let known: Vec<u32> = raw.values.texts().map(|text| builder.intern(&standard(column.kind, order, text))).collect();
    builder.remap(&raw.ids, &known)
}

/// Takes the words of other columns out of those that repeat them.
fn reduce(described: &[&ModelColumn], names: &[String], columns: &mut [Column]) {
    let place: HashMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let reduced: Vec<(usize, Column)> = described
        .iter()
        .enumerate()
        .filter(|(_, column)| !column.beyond.is_empty())
        .map(|(at, column)| {
            let others: Vec<usize> =
                column.beyond.iter().filter_map(|name| place.get(name.as_str()).copied()).collect();
            (at, without(columns, at, &others))
        })
        .collect();
    for (at, column) in reduced {
        columns[at] = column;
    }
}

fn without(columns: &[Column], at: usize, others: &[usize]) -> Column {
    let text = |column: usize, row: usize| -> Vec<String> {
        let column = &columns[column];
        column.values.text(column.ids[row]).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let mut builder = ColumnBuilder::default();
    for row in 0..columns[at].ids.len() {
        let words: Vec<Vec<String>> = others.iter().map(|column| text(*column, row)).collect();
        builder.push(&beyond(&text(at, row), &words).join(" "));
    }
    builder.finish()
}
