//! Files with their ids: which record is called what.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use hashbrown::HashMap;
use resolution_engine::column::{Column, NULL};

use crate::{
    ResolutionError, Table,
    auto::propose,
    model::{Model, SHIPPED, shipped},
    watch::{Step, Watch},
};

/// Where records come from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// They are in memory already.
    Memory(Arc<Table>),
}

/// Records and the column that names them.
#[derive(Debug, Clone)]
pub struct Input {
    /// Where they come from.
    pub from: Origin,
    /// The column of ids.
    pub id: String,
}

impl Input {
    /// Those of a file.
    #[must_use]
    pub fn file(path: PathBuf, id: impl Into<String>) -> Self {
        Self { from: Origin::File(path), id: id.into() }
    }

    /// Those of a table in memory.
    #[must_use]
    pub fn table(table: Arc<Table>, id: impl Into<String>) -> Self {
        Self { from: Origin::Memory(table), id: id.into() }
    }
}

impl Origin {
    pub(crate) fn read(&self, watch: &Watch<'_>) -> Result<Table, ResolutionError> {
        match self {
            Self::File(path) => Ok(Table::read(path, watch.cancel())?),
            Self::Memory(table) => Ok(Table::clone(table)),
        }
    }

    /// The file, or the name that stands for it in messages.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Memory(table) => &table.path,
        }
    }
}

/// Files as they were read.
#[derive(Debug)]
pub(crate) struct Inputs {
    pub(crate) tables: Vec<Table>,
    /// Names of the columns that say nothing about what a record is.
    skipped: Vec<String>,
    ids: Vec<usize>,
}

impl Inputs {
    /// Reads them; `beside` names columns that are not evidence either, such as the truth.
    pub(crate) fn read(inputs: &[Input], beside: &[String], watch: &Watch<'_>) -> Result<Self, ResolutionError> {
        watch.enter(Step::Reading)?;
        let mut read = Self { tables: Vec::new(), skipped: beside.to_vec(), ids: Vec::new() };
        for input in inputs {
            read.add(input.from.read(watch)?, &input.id)?;
        }
        watch.enter(Step::Preparing)?;
        Ok(read)
    }

    /// Records that are in memory already.
    pub(crate) fn of(table: Table, id: &str, beside: &[String], watch: &Watch<'_>) -> Result<Self, ResolutionError> {
        let mut inputs = Self { tables: Vec::new(), skipped: beside.to_vec(), ids: Vec::new() };
        inputs.add(table, id)?;
        watch.enter(Step::Preparing)?;
        Ok(inputs)
    }

    fn add(&mut self, table: Table, id: &str) -> Result<(), ResolutionError> {
        if table.rows() == 0 {
            return Err(ResolutionError::Empty { file: table.path });
        }
        let place = column(&table, id)?;
        check_ids(&table, place)?;
        self.skipped.push(id.to_owned());
        self.ids.push(place);
        self.tables.push(table);
        Ok(())
    }

    /// The model of this name for these files: `auto`, a shipped one, or a document's path.
    pub(crate) fn model(&self, name: &str) -> Result<Model, ResolutionError> {
        if let Some(model) = known_model(name)? {
            return Ok(self.without_skipped(model));
        }
        let skipped: Vec<&str> = self.skipped.iter().map(String::as_str).collect();
        Ok(propose(&self.tables, &skipped))
    }

    /// A model may know the header of an id or of the truth: they are not to be looked at.
    fn without_skipped(&self, mut model: Model) -> Model {
        let is_skipped =
            |header: &String| self.skipped.iter().any(|name| name.trim().eq_ignore_ascii_case(header.trim()));
        model.columns.retain_mut(|column| {
            let differ = !column.other_headers.is_empty();
            column.headers.retain(|header| !is_skipped(header));
            column.other_headers.retain(|header| !is_skipped(header));
            !column.headers.is_empty() && (!differ || !column.other_headers.is_empty())
        });
        model
    }

    /// The id of a record, the second file counted on from the first.
    pub(crate) fn id(&self, record: u32) -> &str {
        let (mut table, mut record) = (0, record as usize);
        while record >= self.tables[table].rows() {
            record -= self.tables[table].rows();
            table += 1;
        }
        let column = &self.tables[table].columns[self.ids[table]];
        column.values.text(column.ids[record])
    }

    /// Number of records of all files.
    pub(crate) fn rows(&self) -> usize {
        self.tables.iter().map(Table::rows).sum()
    }

    /// Records that could not be split into columns, which are left out.
    pub(crate) fn malformed(&self) -> u64 {
        self.tables.iter().map(|table| table.malformed).sum()
    }

    /// The record of this id in one of the files.
    pub(crate) fn record(&self, which: usize, id: &str) -> Result<u32, ResolutionError> {
        let missing = || ResolutionError::NoSuchRecord { file: self.tables[which].path.clone(), id: id.to_owned() };
        self.by_id(which).get(id).copied().ok_or_else(missing)
    }

    /// All ids and the records that have them.
    pub(crate) fn by_id(&self, which: usize) -> HashMap<&str, u32> {
        let before: usize = self.tables[..which].iter().map(Table::rows).sum();
        let column = &self.tables[which].columns[self.ids[which]];
        let named =
            |(row, id): (usize, &u32)| (column.values.text(*id), u32::try_from(before + row).unwrap_or(u32::MAX));
        column.ids.iter().enumerate().map(named).collect()
    }
}

/// The model of this name: a shipped one or a document's path; `None` for `auto`, which is made for the records.
pub(crate) fn known_model(name: &str) -> Result<Option<Model>, ResolutionError> {
    if name == "auto" {
        return Ok(None);
    }
    if let Some(model) = shipped(name) {
        return Ok(Some(model));
    }
    let path = Path::new(name);
    if !path.exists() {
        return Err(ResolutionError::UnknownModel { name: name.to_owned() });
    }
    Model::read(path).map(Some)
}

/// The place of a column.
pub(crate) fn column(table: &Table, name: &str) -> Result<usize, ResolutionError> {
    table.find(name).ok_or_else(|| {
        let known: Vec<String> = table.names.iter().map(|name| format!("`{}`", name.trim())).collect();
        ResolutionError::NoSuchColumn { file: table.path.clone(), column: name.to_owned(), known: known.join(", ") }
    })
}

/// Every record has an id of its own in this column.
pub(crate) fn check_ids(table: &Table, place: usize) -> Result<(), ResolutionError> {
    let ids: &Column = &table.columns[place];
    let column = table.names[place].trim().to_owned();
    let mut first: Vec<usize> = vec![usize::MAX; ids.values.len()];
    for (row, id) in ids.ids.iter().enumerate() {
        if *id == NULL {
            return Err(ResolutionError::MissingId { file: table.path.clone(), column, record: row + 1 });
        }
        let known = &mut first[*id as usize];
        if *known != usize::MAX {
            let id = ids.values.text(*id).to_owned();
            return Err(ResolutionError::DuplicateId {
                file: table.path.clone(),
                column,
                id,
                first: *known + 1,
                second: row + 1,
            });
        }
        *known = row;
    }
    Ok(())
}

/// Names of the models that need no document, for messages.
#[must_use]
pub fn known_models() -> Vec<&'static str> {
    std::iter::once("auto").chain(SHIPPED).collect()
}
